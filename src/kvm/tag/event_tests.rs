//! What the sampled event does to tags, and stacks of one frame.

use super::event::{EVENTS, EventLine, parse};
use super::tagger::{StackView, Tagger};
use super::tests::{RUN, intern, view};
use crate::bytes::Little;
use crate::perf::Attr;
use crate::stack::Tag;
use crate::units::CpuMode;

const HARDWARE: u32 = 0;
const SOFTWARE: u32 = 1;
const TRACEPOINT: u32 = 2;
const RAW: u32 = 4;
const BREAKPOINT: u32 = 5;

/// `exclude_guest`, as `include/uapi/linux/perf_event.h` numbers the flags.
const EXCLUDE_GUEST: u64 = 1 << 20;

fn attr(pmu_type: u32, config: u64, flags: u64) -> Attr {
    let mut bytes = [0; 64];
    bytes[..4].copy_from_slice(&pmu_type.to_le_bytes());
    bytes[8..16].copy_from_slice(&config.to_le_bytes());
    bytes[40..48].copy_from_slice(&flags.to_le_bytes());
    Attr::parse::<Little>(&bytes).unwrap()
}

/// An event of which samples are taken.
#[derive(Clone, Copy)]
struct SampledEvent<'a> {
    name: &'a str,
    attr: &'a Attr,
}

/// The tag of a stack of samples of an event; `change` makes the view something else than an
/// ordinary thread's.
fn tag_of(
    machine: &str,
    event: SampledEvent<'_>,
    stack: &str,
    change: impl FnOnce(&mut StackView<'_>),
) -> Tag {
    let (table, frames) = intern(stack);
    let mut view = view(&table, &frames);
    change(&mut view);
    let mut tagger = Tagger::for_arch(Some(machine));
    tagger.sampled_by(event.name, event.attr);
    tagger.tag(&view).tag
}

/// The same for a tracepoint of an x86 host.
fn of_tracepoint(name: &str, stack: &str, change: impl FnOnce(&mut StackView<'_>)) -> Tag {
    let event = SampledEvent {
        name,
        attr: &attr(TRACEPOINT, 1, 0),
    };
    tag_of("x86_64", event, stack, change)
}

fn vcpu(view: &mut StackView<'_>) {
    view.is_vcpu_thread = true;
}

fn guest(view: &mut StackView<'_>) {
    view.leaf_mode = CpuMode::GuestKernel;
    view.is_vcpu_thread = true;
}

/// A line with a typo would silently be no row.
#[test]
fn every_line_of_the_event_table_is_a_row() {
    for line in EVENTS.lines().filter(|line| !line.starts_with('#')) {
        let EventLine { pattern, .. } = parse(line).unwrap_or_else(|| panic!("no row: {line}"));
        assert!(pattern.contains(':'), "no system: {line}");
        assert!(pattern.matches('*').count() < 2, "one star only: {line}");
    }
}

/// A tracepoint fires in the host, also where the leaf or the mode is one of a guest.
#[test]
fn samples_of_tracepoints_are_never_the_guests() {
    let leaf = format!("{RUN};vmx_vcpu_run");
    for name in [
        "kvm:kvm_exit",
        "kvm:kvm_entry",
        "sched:sched_switch",
        "irq:softirq_entry",
    ] {
        assert_eq!(of_tracepoint(name, &leaf, |_| {}), Tag::Entry, "{name}");
        assert_eq!(
            of_tracepoint(name, "vmx_vcpu_run", vcpu),
            Tag::Entry,
            "{name}"
        );
        // Arm records all samples as a guest's that are taken while a vCPU is loaded.
        assert_eq!(of_tracepoint(name, "", guest), Tag::Entry, "{name}");
        let no_chain = |view: &mut StackView<'_>| {
            vcpu(view);
            view.chain_is_empty = true;
        };
        let tag = of_tracepoint(name, "kvm_arch_vcpu_ioctl_run", no_chain);
        assert_eq!(tag, Tag::Entry, "{name}");
    }
    // So do the kernel's own counts and breakpoints, but not its clocks.
    for (pmu_type, config, tag) in [
        (SOFTWARE, 2, Tag::Entry),
        (SOFTWARE, 3, Tag::Entry),
        (BREAKPOINT, 0, Tag::Entry),
        (SOFTWARE, 0, Tag::Guest),
        (SOFTWARE, 1, Tag::Guest),
    ] {
        let event = SampledEvent {
            name: "event",
            attr: &attr(pmu_type, config, EXCLUDE_GUEST),
        };
        assert_eq!(
            tag_of("x86_64", event, &leaf, |_| {}),
            tag,
            "{pmu_type} {config}"
        );
        assert_eq!(
            tag_of("x86_64", event, "", guest),
            tag,
            "{pmu_type} {config}"
        );
    }
}

/// The kernel switches hardware counters with `exclude_guest` off on the way into the guest
/// (`atomic_switch_perf_msrs()`, arch/x86/kvm/vmx/vmx.c): what they count there is the switch.
#[test]
fn counters_that_stop_in_the_guest_count_the_world_switch() {
    for (machine, leaf) in [
        ("x86_64", "vmx_vcpu_run"),
        ("x86_64", "vmx_vmexit"),
        ("x86_64", "__svm_vcpu_run"),
        ("aarch64", "__guest_enter"),
        ("s390x", "sie64a"),
    ] {
        let stack = format!("{RUN};{leaf}");
        for (flags, tag) in [(EXCLUDE_GUEST, Tag::Entry), (0, Tag::Guest)] {
            for pmu_type in [HARDWARE, RAW, 10] {
                let event = SampledEvent {
                    name: "cycles",
                    attr: &attr(pmu_type, 0, flags),
                };
                let of = |stack: &str| tag_of(machine, event, stack, vcpu);
                assert_eq!(of(&stack), tag, "{leaf} of PMU {pmu_type}");
                assert_eq!(of(leaf), tag, "lone {leaf} of PMU {pmu_type}");
            }
        }
    }
}

/// With or without call chains, in whatever thread: the kernel says itself what it did.
#[test]
fn names_of_tracepoints_decide() {
    for (machine, name, tag) in [
        ("x86_64", "kvm:kvm_fast_mmio", Tag::ExitDoorbell),
        ("x86_64", "kvm:kvm_pio", Tag::ExitPio),
        ("x86_64", "kvm:kvm_mmio", Tag::ExitMmio),
        ("x86_64", "kvm:kvm_apic", Tag::ExitApic),
        ("x86_64", "kvm:kvm_eoi", Tag::ExitApic),
        ("x86_64", "kvm:kvm_msr", Tag::ExitMsr),
        ("x86_64", "kvm:kvm_cpuid", Tag::ExitCpuid),
        ("x86_64", "kvm:kvm_cr", Tag::ExitReg),
        ("x86_64", "kvm:kvm_page_fault", Tag::ExitMemory),
        ("x86_64", "kvm:kvm_hv_hypercall", Tag::ExitHypercall),
        ("x86_64", "kvm:kvm_hv_stimer_set_count", Tag::ExitMsr),
        ("x86_64", "kvm:kvm_nested_vmexit", Tag::ExitNested),
        ("x86_64", "kvm:kvm_vcpu_wakeup", Tag::Halt),
        ("x86_64", "kvm:kvm_halt_poll_ns", Tag::Halt),
        ("x86_64", "kvmmmu:fast_page_fault", Tag::ExitMemory),
        ("x86_64", "kvmmmu:mark_mmio_spte", Tag::ExitMmio),
        ("x86_64", "kvm:kvm_inj_virq", Tag::Entry),
        ("x86_64", "kvm:kvm_userspace_exit", Tag::Entry),
        ("aarch64", "kvm:kvm_wfx_arm64", Tag::ExitHlt),
        ("aarch64", "kvm:kvm_handle_sys_reg", Tag::ExitReg),
        ("aarch64", "kvm:kvm_hvc_arm64", Tag::ExitHypercall),
        ("aarch64", "kvm:kvm_guest_fault", Tag::ExitMemory),
        ("s390x", "kvm:kvm_s390_handle_diag", Tag::ExitHypercall),
        (
            "s390x",
            "kvm:kvm_s390_intercept_instruction",
            Tag::ExitEmulate,
        ),
        ("ppc64le", "kvm_hv:kvm_hcall_enter", Tag::ExitHypercall),
        ("ppc64le", "kvm_hv:kvm_guest_exit", Tag::Entry),
        ("riscv64", "kvm:kvm_exit", Tag::Entry),
        ("loongarch64", "kvm:kvm_exit_idle", Tag::ExitHlt),
    ] {
        let event = SampledEvent {
            name,
            attr: &attr(TRACEPOINT, 1, 0),
        };
        for stack in ["", "some_function", &format!("{RUN};some_function")] {
            assert_eq!(tag_of(machine, event, stack, |_| {}), tag, "{name} {stack}");
            assert_eq!(tag_of(machine, event, stack, guest), tag, "{name} {stack}");
        }
    }
    // What fires for many reasons is judged by its stack, and by nothing else off the vCPUs.
    let emulation = format!("{RUN};kvm_emulate_cpuid;x86_emulate_instruction");
    let of = |stack: &str| of_tracepoint("kvm:kvm_emulate_insn", stack, |_| {});
    assert_eq!(of(&emulation), Tag::ExitCpuid);
    let lone = of_tracepoint("kvmmmu:kvm_mmu_get_page", "kvm_mmu_get_page", vcpu);
    assert_eq!(lone, Tag::ExitMemory);
    let swap = of_tracepoint("kvmmmu:kvm_mmu_prepare_zap_page", "kthread;kswapd", |_| {});
    assert_eq!(swap, Tag::Host);
    // A user's rows win.
    let (table, frames) = intern("mine");
    let mut tagger = Tagger::for_arch(Some("x86_64"));
    let rules = tagger.add_rules("mine\thost\n", std::path::Path::new("my.tsv"));
    rules.unwrap();
    tagger.sampled_by("kvm:kvm_pio", &attr(TRACEPOINT, 1, 0));
    assert_eq!(tagger.tag(&view(&table, &frames)).tag, Tag::Host);
}

/// Without call chains most of what a vCPU's thread does in the kernel would count as the VMM's.
#[test]
fn a_lone_kernel_frame_is_never_the_vmms() {
    let clock = SampledEvent {
        name: "cpu-clock",
        attr: &attr(SOFTWARE, 0, 0),
    };
    let on_vcpu = |stack: &str| tag_of("x86_64", clock, stack, vcpu);
    for (leaf, tag) in [
        ("restore_fpregs_from_fpstate", Tag::Entry),
        ("__x64_sys_futex", Tag::Entry),
        ("kvm_vm_ioctl", Tag::Entry),
        ("kvm_arch_vcpu_ioctl_run", Tag::Entry),
        ("kvm_apic_has_interrupt", Tag::Entry),
        ("kvm_fast_pio", Tag::ExitPio),
        ("handle_cpuid", Tag::ExitCpuid),
        ("kvm_vcpu_check_block", Tag::Halt),
        ("svm_handle_exit", Tag::ExitOther),
        ("vmx_vmexit", Tag::Guest),
        ("vhost_poll_queue", Tag::Io),
        ("asm_sysvec_apic_timer_interrupt", Tag::ExitIrq),
    ] {
        assert_eq!(on_vcpu(leaf), tag, "{leaf}");
    }
    // User code is, and so is what it asked the kernel for, where the stack tells.
    assert_eq!(on_vcpu("u:memory_region_read"), Tag::Vmm);
    assert_eq!(on_vcpu("u:futex;do_syscall_64;__x64_sys_futex"), Tag::Vmm);
    assert_eq!(on_vcpu("asm_exc_page_fault;handle_mm_fault"), Tag::Vmm);
    // Only the user part of the chain was recorded, but the sample is of the kernel.
    let in_kernel = |view: &mut StackView<'_>| {
        vcpu(view);
        view.leaf_mode = CpuMode::Kernel;
    };
    assert_eq!(
        tag_of("x86_64", clock, "u:main;u:ioctl", in_kernel),
        Tag::Entry
    );
    // Other threads are judged as ever.
    assert_eq!(tag_of("x86_64", clock, "schedule", |_| {}), Tag::Host);
}

/// Without kernel symbols nothing tells exits apart, but the VMM's own they are not: on one host 55 %
/// of the time were `vmm` without a `kallsyms`, where it is 5 % with it.
#[test]
fn kvm_without_names_is_not_the_vmms() {
    let clock = SampledEvent {
        name: "cpu-clock",
        attr: &attr(SOFTWARE, 0, 0),
    };
    let on_vcpu = |stack: &str| tag_of("x86_64", clock, stack, vcpu);
    for stack in [
        "u:ioctl;[kernel];[kernel];[kernel];[kvm];[kvm];[kvm_intel];[kvm];[kernel]",
        "u:[qemu];[kernel];[kernel];[kvm];[kvm_amd]",
        // KVM may be built in, and the user part may be missing.
        "u:start_thread;u:__GI___ioctl;[kernel];[kernel];[kernel]",
        "[kernel];[kernel];[kernel]",
        // The modules of another boot lie elsewhere.
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;[kvm];[kvm];schedule",
    ] {
        assert_eq!(on_vcpu(stack), Tag::Entry, "{stack}");
    }
    for stack in [
        "u:memcpy;[kernel];[kernel];[kernel]",
        "u:ioctl;u:__GI___writev;[kernel];[kernel];[kernel];[tun]",
        "u:start_thread;u:__GI___ioctl",
        "u:futex;do_syscall_64;__x64_sys_futex;[kernel]",
    ] {
        assert_eq!(on_vcpu(stack), Tag::Vmm, "{stack}");
    }
    let other = tag_of("x86_64", clock, "u:ioctl;[kernel];[kvm]", |_| {});
    assert_eq!(other, Tag::Host);
}

/// A system call that does not run the vCPU is the VMM's own, however it comes to be called.
#[test]
fn system_calls_of_the_vmm_are_its_own() {
    let clock = SampledEvent {
        name: "cpu-clock",
        attr: &attr(SOFTWARE, 0, 0),
    };
    let on_vcpu = |stack: &str| tag_of("x86_64", clock, stack, vcpu);
    for stack in [
        "u:futex;do_syscall_64;__x64_sys_futex;do_futex",
        "u:futex;system_call_fastpath;sys_futex;do_futex",
        "u:write;do_syscall_64;ksys_write;eventfd_write",
        // `__x64_sys_writev` ends in a jump to what it calls.
        "u:writev;do_syscall_64;do_writev;vfs_writev",
        "u:writev;el0_svc;invoke_syscall;do_writev;vfs_writev",
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;kvm_vm_ioctl;kvm_set_irq",
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;kvm_vcpu_ioctl;kvm_arch_vcpu_ioctl;kvm_get_lapic",
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;tun_chr_ioctl;__tun_chr_ioctl",
        "u:poll;do_fast_syscall_32;__ia32_compat_sys_ppoll;do_sys_poll",
    ] {
        assert_eq!(on_vcpu(stack), Tag::Vmm, "{stack}");
    }
    for stack in [
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;security_file_ioctl",
        "u:ioctl;do_syscall_64;__x64_sys_ioctl;fput",
        "u:ioctl;do_syscall_64;syscall_exit_to_user_mode",
        "u:ioctl;do_syscall_64;syscall_exit_to_user_mode;exit_to_user_mode_loop;task_work_run",
        "u:ioctl;do_syscall_64;srso_alias_return_thunk",
        "u:ioctl;do_fast_syscall_32;__ia32_compat_sys_ioctl;fdget",
    ] {
        assert_eq!(on_vcpu(stack), Tag::Entry, "{stack}");
    }
}
