//! Hand-made stacks, as `arch/*/kvm` of Linux 6.1 to 6.18 and recorded captures have them.

use std::path::Path;

use super::table::{FRAMES, THREADS, parse};
use super::tagger::{StackView, Tagged, Tagger};
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable, Tag};
use crate::symbol::base_name;
use crate::units::CpuMode;

/// The way of a vCPU thread to the kernel's loop.
pub(super) const RUN: &str = "u:kvm_cpu_exec;u:ioctl;do_syscall_64;__x64_sys_ioctl;kvm_vcpu_ioctl;\
                   kvm_arch_vcpu_ioctl_run";

/// Interns a stack below one root frame: kernel functions, `u:` user functions, `i:` those that are
/// inlined, `[…]` without a name.
pub(super) fn intern(stack: &str) -> (FrameTable, Vec<FrameIx>) {
    let mut table = FrameTable::default();
    let mut frames = vec![table.intern(Frame {
        name: "process".into(),
        dso: "".into(),
        mode: CpuMode::Unknown,
        kind: FrameKind::Root,
        line: None,
    })];
    for name in stack.split(';').filter(|name| !name.is_empty()) {
        let (name, dso, mode, kind) = match name.strip_prefix("u:") {
            Some(name) => (name, "some-program", CpuMode::User, FrameKind::Function),
            None if name.starts_with("i:") => (
                &name[2..],
                "some-program",
                CpuMode::User,
                FrameKind::Inlined,
            ),
            None if name.starts_with('[') => (name, name, CpuMode::Kernel, FrameKind::Unresolved),
            None => (name, "[kernel]", CpuMode::Kernel, FrameKind::Function),
        };
        frames.push(table.intern(Frame {
            name: name.into(),
            dso: dso.into(),
            mode,
            kind,
            line: None,
        }));
    }
    (table, frames)
}

pub(super) fn view<'a>(table: &'a FrameTable, frames: &'a [FrameIx]) -> StackView<'a> {
    StackView {
        table,
        frames,
        thread_name: "thread",
        process_name: "process",
        is_idle_task: false,
        is_vcpu_thread: false,
        leaf_mode: table.get(frames[frames.len() - 1]).mode,
        chain_is_empty: false,
        payload_tag: None,
    }
}

/// Tags a stack; `change` makes the view something else than an ordinary thread's.
pub(super) fn tagged(stack: &str, change: impl FnOnce(&mut StackView<'_>)) -> Tagged {
    let (table, frames) = intern(stack);
    let mut view = view(&table, &frames);
    change(&mut view);
    Tagger::for_arch(Some("x86_64")).tag(&view)
}

/// The tag of what the vCPU loop calls.
fn in_loop(calls: &str) -> Tag {
    tagged(&format!("{RUN};{calls}"), |_| {}).tag
}

/// A line with a typo would silently be no row.
#[test]
fn every_line_of_the_table_is_a_row() {
    let lines = FRAMES.lines().chain(THREADS.lines());
    for line in lines.filter(|line| !line.starts_with('#')) {
        let row = parse(line).unwrap_or_else(|| panic!("no row: {line}"));
        let pattern = row.pattern;
        assert_eq!(base_name(pattern), pattern, "never matches: {line}");
        assert!(pattern.matches('*').count() < 2, "one star only: {line}");
    }
}

/// Kernels without frame pointers tail-call handlers away: then what they call must decide.
#[test]
fn callees_decide_where_handlers_are_gone() {
    assert_eq!(in_loop("vmx_handle_exit;handle_io"), Tag::ExitPio);
    assert_eq!(in_loop("vmx_handle_exit;handle_pio;anything"), Tag::ExitPio);
    assert_eq!(
        in_loop("vmx_handle_exit;kvm_fast_pio;emulator_pio_in_out"),
        Tag::ExitPio
    );
    assert_eq!(
        in_loop("kvm_fast_pio;kvm_io_bus_write;picdev_write"),
        Tag::ExitPio
    );
    assert_eq!(
        in_loop("kvm_fast_pio;kvm_io_bus_write;coalesced_mmio_write"),
        Tag::ExitPio
    );
    assert_eq!(in_loop("kvm_emulate_cpuid;kvm_cpuid"), Tag::ExitCpuid);
    assert_eq!(
        in_loop("kvm_emulate_wrmsr;__kvm_set_msr;kvm_set_msr_common"),
        Tag::ExitMsr
    );
    assert_eq!(
        in_loop("kvm_mmu_page_fault;direct_page_fault"),
        Tag::ExitMemory
    );
    assert_eq!(in_loop("vmx_handle_exit;unheard_of"), Tag::ExitOther);
}

/// The device decides over the mechanism, whatever exit leads to it.
#[test]
fn devices_decide_over_mechanisms() {
    let apic = "x86_emulate_insn;emulator_read_write;vcpu_mmio_read;apic_mmio_read";
    assert_eq!(
        in_loop(&format!("x86_emulate_instruction;{apic}")),
        Tag::ExitApic
    );
    assert_eq!(
        in_loop(&format!(
            "kvm_mmu_page_fault;x86_emulate_instruction;{apic}"
        )),
        Tag::ExitApic
    );
    let hyperv = "kvm_emulate_wrmsr;kvm_hv_set_msr_common;kvm_hv_vapic_msr_write";
    assert_eq!(in_loop(hyperv), Tag::ExitApic);
    let doorbell = "vmx_handle_exit;handle_ept_misconfig;kvm_io_bus_write;ioeventfd_write";
    assert_eq!(in_loop(doorbell), Tag::ExitDoorbell);
    // Injection asks the APIC too, and that is no exit.
    assert_eq!(
        in_loop("kvm_check_and_inject_events;apic_update_ppr"),
        Tag::Entry
    );
}

/// A page fault that ends in emulation was no memory work, with or without the fault's frame.
#[test]
fn emulation_under_a_page_fault_is_emulation() {
    assert_eq!(
        in_loop("kvm_mmu_page_fault;x86_emulate_instruction;x86_decode_insn"),
        Tag::ExitEmulate
    );
    assert_eq!(
        in_loop("x86_emulate_instruction;x86_decode_insn"),
        Tag::ExitEmulate
    );
    assert_eq!(
        in_loop("x86_emulate_instruction;x86_emulate_insn;em_in"),
        Tag::ExitPio
    );
}

/// What user space served is completed outside of any handler, on the next way into the loop.
#[test]
fn completions_outside_handlers_are_recognised() {
    assert_eq!(
        in_loop("complete_fast_pio_in;complete_emulator_pio_in"),
        Tag::ExitPio
    );
    assert_eq!(in_loop("complete_emulated_mmio"), Tag::ExitMmio);
    let completed = "x86_emulate_instruction;x86_emulate_insn;em_in;emulator_pio_in_emulated";
    assert_eq!(in_loop(completed), Tag::ExitPio);
}

/// An interrupt belongs to what it interrupts; in the bare loop it is the exit itself.
#[test]
fn interrupts_belong_to_what_they_interrupt() {
    let softirq = "asm_sysvec_apic_timer_interrupt;__irq_exit_rcu;handle_softirqs;kvm_set_msr";
    assert_eq!(in_loop(&format!("kvm_fast_pio;{softirq}")), Tag::ExitPio);
    assert_eq!(in_loop(softirq), Tag::ExitIrq);
    assert_eq!(
        in_loop(&format!("vcpu_enter_guest;{softirq}")),
        Tag::ExitIrq
    );
    assert_eq!(in_loop(&format!("svm_get_if_flag;{softirq}")), Tag::Entry);
    let on_vmx = "vmx_handle_exit_irqoff;vmx_do_interrupt_irqoff;asm_common_interrupt";
    assert_eq!(in_loop(on_vmx), Tag::ExitIrq);
    assert_eq!(
        tagged(&format!("vfs_read;{softirq}"), |_| {}).tag,
        Tag::Host
    );
}

/// The handler of HLT is an exit, blocking and polling are not, also below arm64's handler.
#[test]
fn halting_is_told_from_its_exit() {
    assert_eq!(in_loop("kvm_emulate_halt"), Tag::ExitHlt);
    assert_eq!(in_loop("kvm_vcpu_halt;kvm_vcpu_block;schedule"), Tag::Halt);
    assert_eq!(
        in_loop("kvm_vcpu_halt;kvm_vcpu_check_block;ktime_get"),
        Tag::Halt
    );
    let wfi = format!("{RUN};handle_exit;kvm_handle_wfx;kvm_vcpu_wfi;kvm_vcpu_halt;schedule");
    let (table, frames) = intern(&wfi);
    let tag = Tagger::for_arch(Some("aarch64"))
        .tag(&view(&table, &frames))
        .tag;
    assert_eq!(tag, Tag::Halt);
}

/// Guest time is a mode, a leaf, or a host address without a chain: while a guest runs the kernel
/// records no chain.
#[test]
fn guest_time_is_recognised() {
    let guest = |view: &mut StackView<'_>| view.leaf_mode = CpuMode::GuestUser;
    assert_eq!(
        tagged("", guest),
        Tagged {
            tag: Tag::Guest,
            deciding: 1
        }
    );
    assert_eq!(in_loop("vmx_vcpu_run;vmx_vmexit"), Tag::Guest);
    assert_eq!(
        in_loop("vmx_vcpu_run;kvm_load_guest_xsave_state"),
        Tag::Entry
    );
    let no_chain = |view: &mut StackView<'_>| {
        view.chain_is_empty = true;
        view.is_vcpu_thread = true;
    };
    for leaf in [
        "pvm_do_event_irqoff",
        "kvm_arch_vcpu_ioctl_run",
        "handle_softirqs",
        "vmx_do_interrupt_irqoff",
    ] {
        assert_eq!(
            tagged(leaf, no_chain),
            Tagged {
                tag: Tag::Guest,
                deciding: 1
            },
            "{leaf}"
        );
        assert_ne!(tagged(leaf, |_| {}).tag, Tag::Guest, "{leaf}");
    }
    assert_eq!(tagged("vfs_read", no_chain).tag, Tag::Entry);
}

/// Names mean what they mean only in their mode, their place and their architecture.
#[test]
fn equal_names_are_told_apart() {
    let user = "u:kvm_cpu_exec;u:kvm_vcpu_ioctl";
    assert_eq!(tagged(user, |_| {}).tag, Tag::Vmm);
    assert_eq!(tagged("u:kvm_arch_vcpu_ioctl_run", |_| {}).tag, Tag::Host);
    assert_eq!(
        tagged("handle_exception;do_page_fault", |_| {}).tag,
        Tag::Host
    );
    // Requests like KVM_GET_MSRS run the MSR code for user space, not for an exit.
    let request = "u:ioctl;__x64_sys_ioctl;kvm_vcpu_ioctl;kvm_arch_vcpu_ioctl;msr_io;__kvm_get_msr";
    assert_eq!(tagged(request, |_| {}).tag, Tag::Vmm);
}

/// The rest of a vCPU thread: user code serves exits, the system call is on its way to the loop.
#[test]
fn vcpu_threads_are_vmm_or_entry() {
    let vcpu = |view: &mut StackView<'_>| view.is_vcpu_thread = true;
    assert_eq!(
        tagged("u:memory_region_read", vcpu),
        Tagged {
            tag: Tag::Vmm,
            deciding: 1
        }
    );
    assert_eq!(
        tagged("u:write;do_syscall_64;ksys_write;vfs_write", vcpu).tag,
        Tag::Vmm
    );
    let entry = tagged("u:ioctl;do_syscall_64;__x64_sys_ioctl;fdget", vcpu);
    assert_eq!(
        entry,
        Tagged {
            tag: Tag::Entry,
            deciding: 2
        }
    );
    let named = |view: &mut StackView<'_>| view.thread_name = "CPU 3/KVM";
    assert_eq!(tagged("u:anything", named).tag, Tag::Vmm);
    let (table, frames) = intern(RUN);
    assert!(Tagger::new().marks_vcpu_thread(&view(&table, &frames)));
    let (table, frames) = intern("u:ioctl;__x64_sys_ioctl;kvm_vm_ioctl");
    assert!(!Tagger::new().marks_vcpu_thread(&view(&table, &frames)));
}

/// I/O threads of VMMs and of the kernel would count as the host's own work.
#[test]
fn io_for_guests_is_recognised() {
    assert_eq!(
        tagged("kthread;vhost_worker;handle_rx", |_| {}).tag,
        Tag::Io
    );
    assert_eq!(
        tagged("u:start_thread;u:iothread_run;u:aio_poll", |_| {}).tag,
        Tag::Io
    );
    for name in ["kvm-pit/746", "IO io0", "qemu-system-x86"] {
        assert_eq!(
            tagged("schedule", |view| view.thread_name = name).tag,
            Tag::Io,
            "{name}"
        );
    }
    let worker = |view: &mut StackView<'_>| view.process_name = "qemu-system-x86";
    assert_eq!(tagged("u:worker_thread", worker).tag, Tag::Io);
    assert_eq!(
        tagged("asm_common_interrupt;vfio_msihandler", |_| {}).tag,
        Tag::Io
    );
}

/// `--no-idle` must not hide work that an interrupt does on an idle CPU.
#[test]
fn idle_is_the_idle_loop_only() {
    let idle = |view: &mut StackView<'_>| view.is_idle_task = true;
    assert_eq!(
        tagged("do_idle;default_idle_call", idle),
        Tagged {
            tag: Tag::Idle,
            deciding: 1
        }
    );
    assert_eq!(
        tagged("do_idle;asm_common_interrupt;net_rx_action", idle).tag,
        Tag::Host
    );
    assert_eq!(
        tagged("do_idle;asm_common_interrupt;irqfd_wakeup", idle).tag,
        Tag::Io
    );
}

/// Frames above the deciding one carry no tag; host work carries none at all.
#[test]
fn deciding_frame_starts_the_tag() {
    let stack = format!("{RUN};vmx_handle_exit;kvm_fast_pio.part.0;emulator_pio_in_out");
    assert_eq!(
        tagged(&stack, |_| {}),
        Tagged {
            tag: Tag::ExitPio,
            deciding: 8
        }
    );
    assert_eq!(
        tagged("u:main;vfs_read", |_| {}),
        Tagged {
            tag: Tag::Host,
            deciding: 3
        }
    );
}

/// A user's rows win over built-in ones and reach any stack; mistakes are named.
#[test]
fn rules_win_and_mistakes_are_named() {
    let mut tagger = Tagger::new();
    let rules =
        "# mine\nvendor_*_exit\texit:msr\n\nkvm_fast_pio\thost\tkernel\t9\nspdk_poll\tio\tuser\n";
    tagger.add_rules(rules, Path::new("my.tsv")).unwrap();
    for (stack, tag) in [
        (
            "kvm_arch_vcpu_ioctl_run;vendor_x_exit.cold;kvm_fast_pio",
            Tag::ExitMsr,
        ),
        ("kvm_arch_vcpu_ioctl_run;kvm_fast_pio", Tag::Host),
        ("u:spdk_poll", Tag::Io),
        ("spdk_poll", Tag::Host),
    ] {
        let (table, frames) = intern(stack);
        // Frame numbers start anew with each table.
        assert_eq!(
            tagger.clone().tag(&view(&table, &frames)).tag,
            tag,
            "{stack}"
        );
    }
    for (rules, wrong) in [
        ("f exit:pio", "line 1: no tab"),
        ("# x\nf\texit:pi", "line 2: no tag `exit:pi`"),
        ("f\tio\tguest", "no mode `guest`"),
        ("f\tio\tany\tfirst", "`first` is no rank"),
        ("a*b*\tio", "more than one `*`"),
    ] {
        let error = tagger.add_rules(rules, Path::new("my.tsv")).unwrap_err();
        assert!(error.to_string().starts_with("my.tsv: line "), "{error}");
        assert!(error.to_string().contains(wrong), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
}
