//! Devices that are emulated where others would do.

use crate::kvm::advice::case::{Case, Measurement, is_of};
use crate::kvm::advice::evidence::ExitSite;
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::pattern::{PlaceRange, RowPattern};
use crate::kvm::advice::rule::{ExitSignature, Gain, Remedy, Rule, RuleKind, Signature};
use crate::kvm::advice::thresholds::threshold;
use crate::kvm::exit::Direction;
use crate::stack::Tag;

const DEVICES: &[&str] = &[
    "kvm_exit",
    "kvm_entry",
    "kvm_pio",
    "kvm_mmio",
    "kvm_userspace_exit",
];

/// Doorbells that the VMM answers.
pub(super) const VIRTIO_NOTIFY: Rule = Rule {
    id: "virtio-notify",
    title: "virtio doorbells go to the VMM",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Port, ExitKind::Memory, ExitKind::Device],
            regions: &["virtio"],
            direction: Some(Direction::Write),
            is_user: true,
            ..RowPattern::ANY
        }],
        functions: &["virtio_pci_notify_write", "virtio_ioport_write"],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::ExitMmio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "each request of a virtio device stops the vCPU until the VMM has looked at it",
    remedies: &[Remedy {
        what: "let an eventfd take the doorbell, and a thread of its own, or the kernel, the request",
        qemu: Some(
            "-object iothread,id=io0 -device virtio-blk-pci,…,ioeventfd=on,iothread=io0; -netdev \
             tap,…,vhost=on",
        ),
        libvirt: Some(
            "<iothreads>1</iothreads>, <driver name='qemu' ioeventfd='on' iothread='1'/>, for \
             networks <driver name='vhost'/>",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: DEVICES,
    culprits: &["ioeventfd=off", "vhost=off"],
    other_functions: &[],
    reasoning: "a write to a virtio device's notification register is answered inside KVM when an eventfd \
                is bound to it. Here it is followed by a return to the VMM",
    sources: &[
        "QEMU hw/virtio/virtio-pci.c (virtio_pci_notify_write, ioeventfd)",
        "libvirt docs/formatdomain.rst (iothreads, driver ioeventfd, driver vhost)",
    ],
};

/// Very many doorbells.
pub(super) const DOORBELLS: Rule = Rule {
    id: "doorbells",
    title: "virtio doorbells ring very often",
    kind: RuleKind::Cost,
    signature: Signature::Other(many_doorbells),
    only_for: None,
    meaning: "the kernel takes them, but so many exits add up: requests are not batched",
    remedies: &[Remedy {
        what: "fewer, larger requests; more queues; or a device that is polled",
        qemu: Some("-device virtio-blk-pci,…,num-queues=N; -device virtio-net-pci,…,mq=on"),
        libvirt: Some("<driver queues='N'/>"),
        in_guest: Some("deeper queues in the program; larger network segments (GSO, TSO on)"),
        ..Remedy::NONE
    }],
    gain: Gain::Part,
    record: &["kvm_exit", "kvm_entry", "kvm_fast_mmio", "kvm_pio"],
    culprits: &["event_idx=off"],
    other_functions: &[],
    reasoning: "kvm_fast_mmio, or a write to a virtio port that does not go to the VMM, is one doorbell. \
                With event_idx a driver rings only when the device sleeps",
    sources: &[
        "VIRTIO 1.2, 2.7.10 Available Buffer Notification Suppression",
        "libvirt docs/formatdomain.rst (driver queues)",
    ],
};

/// Doorbells as they should be.
pub(super) const DOORBELLS_EXPECTED: Rule = Rule {
    id: "doorbells-expected",
    title: "virtio doorbells",
    kind: RuleKind::Expected,
    signature: Signature::Other(some_doorbells),
    only_for: None,
    meaning: "the guest tells its disks and networks of new requests; the kernel takes each with an \
              eventfd. This is the price of I/O, and nothing to cure",
    remedies: &[],
    gain: Gain::Nothing,
    record: &[],
    culprits: &[],
    other_functions: &[],
    reasoning: "writes to a virtio device's notification register (legacy: offset 0x10 of its port range, \
                as in 0xc050 = 0xc040 + 0x10; modern: kvm_fast_mmio) that do not go to the VMM, fewer \
                than what the rule doorbells looks for",
    sources: &[
        "VIRTIO 1.2, 4.1.4.8 Legacy Interfaces (Queue Notify)",
        "Linux virt/kvm/eventfd.c (ioeventfd)",
    ],
};

/// Whether a port is a legacy virtio device's doorbell by where firmware puts it.
///
/// Source: `VIRTIO_PCI_QUEUE_NOTIFY` 16, `include/uapi/linux/virtio_pci.h`, Linux 6.12; `SeaBIOS` and
/// OVMF place such devices from 0xc000 in steps of at least 0x20.
const fn is_usual_doorbell(place: Option<ExitSite>) -> bool {
    matches!(place, Some(ExitSite::Port(port)) if port >= 0xc000 && port <= 0xcfff && port & 0x1f == 0x10)
}

fn doorbells(case: &Case<'_>) -> Option<Measurement> {
    let mut measured = case.amount(&[
        RowPattern {
            is_doorbell: true,
            ..RowPattern::ANY
        },
        RowPattern {
            kinds: &[ExitKind::Port],
            places: &[PlaceRange::Ports(0xc000, 0xcfff)],
            regions: &["virtio"],
            direction: Some(Direction::Write),
            ..RowPattern::ANY
        },
    ])?;
    let exits = case.exits()?;
    measured.rows.retain(|row| {
        let mut rows = exits.rows.iter();
        rows.any(|exit| {
            let is_same = is_of(row, exit);
            let is_bell = exit.is_doorbell || is_usual_doorbell(exit.place);
            is_same && is_bell && exit.user_nanos == 0
        })
    });
    if measured.rows.is_empty() {
        return None;
    }
    measured.rate = Some(measured.rows.iter().filter_map(|row| row.rate).sum());
    let shares: Vec<f64> = measured.rows.iter().filter_map(|row| row.share).collect();
    measured.share = (!shares.is_empty()).then(|| shares.iter().sum());
    measured.user_share = None;
    if !exits.knows_user_space {
        let words = "whether the VMM was asked was not recorded (kvm_userspace_exit)";
        measured.words.push(words.to_owned());
    }
    Some(measured)
}

fn are_many(measured: &Measurement) -> bool {
    let both = measured.rate.zip(threshold(DOORBELLS.id, "rate"));
    both.is_some_and(|(rate, least)| rate >= least)
}

fn many_doorbells(case: &Case<'_>) -> Option<Measurement> {
    doorbells(case).filter(are_many)
}

fn some_doorbells(case: &Case<'_>) -> Option<Measurement> {
    doorbells(case).filter(|measured| !are_many(measured))
}

/// A disk that is read byte by byte.
pub(super) const IDE_DISK: Rule = Rule {
    id: "ide-disk",
    title: "the guest uses an emulated IDE disk by port I/O",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Port],
            places: &[
                PlaceRange::Ports(0x1f0, 0x1f7),
                PlaceRange::Ports(0x170, 0x177),
                PlaceRange::Ports(0x3f6, 0x3f6),
                PlaceRange::Ports(0x376, 0x376),
            ],
            regions: &["ide", "piix-bmdma", "bmdma"],
            ..RowPattern::ANY
        }],
        functions: &[
            "ide_ioport_read",
            "ide_ioport_write",
            "ide_data_readw",
            "ide_data_writew",
        ],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "each command to such a disk is a dozen exits to the VMM",
    remedies: &[Remedy {
        what: "use virtio for the disk",
        qemu: Some("-drive file=…,if=none,id=d0 -device virtio-blk-pci,drive=d0"),
        libvirt: Some("<target dev='vda' bus='virtio'/>"),
        in_guest: Some("Windows needs the driver viostor before the change"),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: DEVICES,
    culprits: &["if=ide", "ide-hd", "ide-cd"],
    other_functions: &[],
    reasoning: "ports 0x1f0 to 0x1f7 and 0x170 to 0x177 are the two ATA channels",
    sources: &[
        "libvirt docs/formatdomain.rst (disk target bus)",
        "QEMU hw/ide/core.c",
    ],
};

/// A display that is written by exits.
pub(super) const VGA: Rule = Rule {
    id: "vga",
    title: "the guest draws on an emulated VGA by exits",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[
            RowPattern {
                kinds: &[ExitKind::Port],
                places: &[
                    PlaceRange::Ports(0x3c0, 0x3df),
                    PlaceRange::Ports(0x1ce, 0x1d0),
                ],
                regions: &["vga", "vbe"],
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::Memory, ExitKind::Device],
                places: &[PlaceRange::Gpas(0xa_0000, 0xb_ffff)],
                regions: &["vga-lowmem", "vga.chain4"],
                ..RowPattern::ANY
            },
        ],
        functions: &[
            "vga_mem_read",
            "vga_mem_write",
            "vga_ioport_read",
            "vga_ioport_write",
        ],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::ExitMmio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "text mode and planar graphics go byte by byte through the VMM",
    remedies: &[Remedy {
        what: "a display with a driver of its own, or none",
        qemu: Some("-device virtio-gpu, or -display none -vga none"),
        libvirt: Some(
            "<video><model type='virtio'/></video>, or <video><model type='none'/></video>",
        ),
        in_guest: Some("the driver of that display; no program that scrolls a text console"),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: DEVICES,
    culprits: &[],
    other_functions: &[],
    reasoning: "ports 0x3c0 to 0x3df are VGA's registers, 0xa0000 to 0xbffff its window. A linear frame \
                buffer is memory and makes no exits",
    sources: &[
        "libvirt docs/formatdomain.rst (video model)",
        "QEMU hw/display/vga.c",
    ],
};

/// A console that is written byte by byte.
pub(super) const SERIAL: Rule = Rule {
    id: "serial",
    title: "an emulated serial port costs time",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Port],
            places: &[
                PlaceRange::Ports(0x3f8, 0x3ff),
                PlaceRange::Ports(0x2f8, 0x2ff),
                PlaceRange::Ports(0x3e8, 0x3ef),
                PlaceRange::Ports(0x2e8, 0x2ef),
            ],
            regions: &["serial"],
            ..RowPattern::ANY
        }],
        functions: &["serial_ioport_read", "serial_ioport_write"],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "each character is at least two exits to the VMM",
    remedies: &[Remedy {
        what: "less output, or a virtio console",
        qemu: Some("-device virtio-serial -chardev …,id=c0 -device virtconsole,chardev=c0"),
        libvirt: Some("<console type='pty'><target type='virtio' port='0'/></console>"),
        in_guest: Some(
            "quiet or loglevel=4 on Linux's command line; console=hvc0 for the virtio console",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: DEVICES,
    culprits: &["console=ttyS0"],
    other_functions: &[],
    reasoning: "0x3f8 and its siblings are a 16550: a read of the line status (0x3fd) and a write of the \
                byte for each character, unless the FIFO is used",
    sources: &[
        "libvirt docs/formatdomain.rst (console target virtio)",
        "QEMU hw/char/serial.c",
    ],
};

/// Configuration space.
pub(super) const PCI_CONFIG: Rule = Rule {
    id: "pci-config",
    title: "the guest reads PCI configuration space again and again",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Port],
            places: &[
                PlaceRange::Ports(0xcf8, 0xcf8),
                PlaceRange::Ports(0xcfc, 0xcff),
            ],
            regions: &["pci-conf"],
            ..RowPattern::ANY
        }],
        functions: &["pci_host_data_read", "pci_host_data_write"],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "configuration space is for finding devices. Used while running, a driver or a monitoring \
              program polls it, each time with two exits to the VMM",
    remedies: &[Remedy {
        what: "find who polls it",
        in_guest: Some(
            "stop monitoring agents one by one; Linux: perf trace or bpftrace on pci_read_config_*",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: DEVICES,
    culprits: &[],
    other_functions: &[],
    reasoning: "0xcf8 takes the address and 0xcfc the value. A guest that starts does this thousands of \
                times, a running one hardly ever",
    sources: &[
        "PCI Local Bus Specification 3.0, 3.2.2.3.2",
        "QEMU hw/pci/pci_host.c",
    ],
};

/// Exits that only stacks show.
pub(super) const UNKNOWN_EXITS: Rule = Rule {
    id: "unknown-exits",
    title: "exits cost much, and this capture does not tell of which register",
    kind: RuleKind::Unclear,
    signature: Signature::Other(unknown),
    only_for: None,
    meaning: "stacks tell the kind of exit and what it costs. Which port, address or MSR it is, and so \
              what would help, only tracepoints tell",
    remedies: &[Remedy {
        what: "record the exits, and give both captures to advise",
        on_host: Some(
            "perf record -a -e kvm:kvm_exit,kvm:kvm_entry,kvm:kvm_pio,kvm:kvm_mmio,kvm:kvm_msr,\
             kvm:kvm_apic,kvm:kvm_userspace_exit -o kvm.data -- sleep 3; vmflame advise perf.data \
             kvm.data",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::Part,
    record: DEVICES,
    culprits: &[],
    other_functions: &[],
    reasoning: "samples of vCPU threads that carry exit:pio, exit:mmio, exit:apic, exit:msr, exit:emulate \
                or exit:other, in a capture of stacks alone, where no function names the device",
    sources: &["the tags of vmflame: src/kvm/tag/frames.tsv"],
};

fn unknown(case: &Case<'_>) -> Option<Measurement> {
    if case.exits().is_some() {
        return None;
    }
    let mut tags = vec![
        Tag::ExitPio,
        Tag::ExitMmio,
        Tag::ExitMsr,
        Tag::ExitEmulate,
        Tag::ExitOther,
    ];
    // Where nothing says that APICv is on, apic-access speaks of it.
    if case.shows_apicv() || case.enables_apicv() {
        tags.push(Tag::ExitApic);
    }
    case.samples_worth_a_word(&[], &tags)
}
