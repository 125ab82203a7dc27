//! Which exits are meant.

use super::evidence::{ExitRow, ExitSite};
use super::exit_kind::ExitKind;
use crate::kvm::exit::Direction;

/// Which exits are meant.
#[derive(Clone, Copy, Debug)]
pub struct RowPattern {
    /// Of one of these kinds; of any when empty.
    pub kinds: &'static [ExitKind],
    /// At one of these registers; at any when empty.
    pub places: &'static [PlaceRange],
    /// Of a device whose region is called so or begins so. Where the VM's own memory map tells the
    /// device, it decides and not the place.
    pub regions: &'static [&'static str],
    /// Read or written; either when `None`.
    pub direction: Option<Direction>,
    /// Only those that went to the VMM.
    pub is_user: bool,
    /// Only those that an eventfd took.
    pub is_doorbell: bool,
    /// Only those at the guest's memory, or at what the capture does not tell.
    pub is_memory: bool,
}

impl RowPattern {
    /// The pattern that every exit fits.
    pub const ANY: Self = Self {
        kinds: &[],
        places: &[],
        regions: &[],
        direction: None,
        is_user: false,
        is_doorbell: false,
        is_memory: false,
    };

    /// Whether exits fit.
    pub fn fits(&self, row: &ExitRow) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.contains(&row.kind);
        let is_direction = self.direction.is_none_or(|wanted| wanted == row.direction);
        let is_taken = !self.is_user || row.user_nanos > 0;
        let rings = !self.is_doorbell || row.is_doorbell;
        let is_meant = !self.is_memory || matches!(row.place, None | Some(ExitSite::Memory));
        is_kind && is_direction && is_taken && rings && is_meant && self.is_at(row)
    }

    fn is_at(&self, row: &ExitRow) -> bool {
        if self.places.is_empty() && self.regions.is_empty() {
            return true;
        }
        let is_place = row
            .place
            .is_some_and(|place| self.places.iter().any(|range| range.contains(place)));
        match &row.device {
            Some(device) if !self.regions.is_empty() => {
                let mut regions = self.regions.iter();
                regions.any(|region| device.region.starts_with(region))
                    || (is_place && !device.is_sure)
            }
            _ => is_place,
        }
    }
}

/// A range of registers, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlaceRange {
    /// I/O ports.
    Ports(u16, u16),
    /// Registers of the local APIC.
    Apic(u32, u32),
    /// Model-specific registers.
    Msrs(u32, u32),
    /// Guest-physical addresses.
    Gpas(u64, u64),
    /// Hypercalls by their numbers.
    Hypercalls(u64, u64),
}

impl PlaceRange {
    fn contains(self, place: ExitSite) -> bool {
        match (self, place) {
            (Self::Ports(first, last), ExitSite::Port(port)) => (first..=last).contains(&port),
            (Self::Apic(first, last), ExitSite::Apic(at)) => (first..=last).contains(&at),
            (Self::Msrs(first, last), ExitSite::Msr(index)) => (first..=last).contains(&index),
            (Self::Gpas(first, last), ExitSite::Gpa(at)) => (first..=last).contains(&at),
            (Self::Hypercalls(first, last), ExitSite::Hypercall(n)) => (first..=last).contains(&n),
            _ => false,
        }
    }
}
