//! What is packed is what was told.

use super::*;
use crate::kvm::exit::Direction;
use proptest::prelude::*;

fn any_target() -> impl Strategy<Value = Target> {
    use HypercallInterface::{HyperV, Kvm, Xen};
    let interface = prop::sample::select(vec![Kvm, HyperV, Xen]);
    prop_oneof![
        any::<u16>().prop_map(Target::Port),
        any::<u64>().prop_map(Target::Mmio),
        any::<u32>().prop_map(Target::Apic),
        any::<u32>().prop_map(Target::Msr),
        any::<(u32, Option<u32>)>().prop_map(|(leaf, index)| Target::Cpuid(leaf, index)),
        (interface, any::<u64>()).prop_map(|(whose, number)| Target::Hypercall(whose, number)),
        any::<u32>().prop_map(Target::HostInterrupt),
        any::<u32>().prop_map(Target::GuestInterrupt),
        any::<u64>().prop_map(Target::Fault),
    ]
}

proptest! {
    /// Law: what is packed is what was told.
    #[test]
    fn nothing_that_is_reached_is_lost(target in any_target(), way in 0..3_u8) {
        let direction = match way {
            0 => Direction::Read,
            1 => Direction::Write,
            _ => Direction::Unknown,
        };
        let access = Access { target, direction };
        prop_assert_eq!(ThreadEvent::access(access).reached(), Some(access));
    }
}

/// ECX of leaf 1 is whatever the guest had there; of leaf 7 it chooses what is told.
#[test]
fn only_leaves_with_forms_are_told_apart_by_them() {
    let told = |function| {
        let index = Some(0xf6f5_f2c0);
        let event = HostEvent::Cpuid { function, index };
        let access = ThreadEvent::of(&event, Tid::new(1)).reached();
        access.map(|access| access.target)
    };
    assert_eq!(told(1), Some(Target::Cpuid(1, None)));
    assert_eq!(told(7), Some(Target::Cpuid(7, Some(0xf6f5_f2c0))));
}

/// Millions are kept: no byte more than is needed.
#[test]
fn it_takes_half_a_cache_line() {
    assert_eq!(size_of::<ThreadEvent>(), 32);
}
