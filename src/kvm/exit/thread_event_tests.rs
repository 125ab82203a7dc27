//! What is packed is what was told.

use super::*;
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

/// Millions are kept: no byte more than is needed.
#[test]
fn it_takes_half_a_cache_line() {
    assert_eq!(size_of::<ThreadEvent>(), 32);
}
