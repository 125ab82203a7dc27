//! From a register to the device behind it.

use std::collections::BTreeMap;

use super::device_name::{DeviceName, Origin};
use super::interfaces::{InterfaceRow, Interfaces};
use super::places::DevicePlaces;
use super::regions::{Place, Regions};
use super::register::Register;
use crate::qemu::{Bus, Found, MemoryMap, RegionAt};
use crate::text::one_line;
use crate::units::Pid;

/// The first address of the APIC's page, where reset puts it and operating systems leave it.
///
/// Source: Intel SDM volume 3, section 11.4.1; `APIC_DEFAULT_PHYS_BASE`, Linux 6.18.
const APIC_PAGE: u64 = 0xfee0_0000;

/// What is called where VMs have different devices, and it is not told which VM is meant.
const DIFFERENT: &str = "(differs by VM)";

/// What is called where the VM's own map says that nothing answers.
const NO_DEVICE: &str = "no device";

/// The names of registers of one kind of machine.
///
/// Ports, MSRs and APIC registers are those of x86: only its guests touch any.
#[derive(Clone, Debug)]
pub struct DeviceMap {
    /// Whether guest-physical addresses are those of a PC.
    is_pc: bool,
    interfaces: Interfaces,
    regions: Regions,
    places: DevicePlaces,
    /// The map of the VM, or of all that have none of their own.
    memory_map: Option<MemoryMap>,
    /// The maps of single VMs, by the process of the VMM.
    of_vms: BTreeMap<Pid, MemoryMap>,
}

impl DeviceMap {
    /// What is known without the VM's own memory map, on the machine that `uname -m` names so.
    ///
    /// Without a machine guest-physical addresses have no names.
    pub fn built_in(machine: Option<&str>) -> Self {
        let is_x86 =
            |name: &str| name == "x86_64" || (name.starts_with('i') && name.ends_with("86"));
        Self {
            is_pc: machine.is_some_and(is_x86),
            interfaces: Interfaces::new(),
            regions: Regions::new(),
            places: DevicePlaces::new(),
            memory_map: None,
            of_vms: BTreeMap::new(),
        }
    }

    /// The same with the VM's own memory map, which says what is where instead of assumptions.
    #[must_use]
    pub fn with_memory_map(self, memory_map: MemoryMap) -> Self {
        Self {
            memory_map: Some(memory_map),
            ..self
        }
    }

    /// The same with the memory map of one VM among several.
    #[must_use]
    pub fn with_map_of(mut self, vm: Pid, memory_map: MemoryMap) -> Self {
        self.of_vms.insert(vm, memory_map);
        self
    }

    /// The name of a register of a VM; `None` when nothing tells. Where the VM is not told, or it is
    /// of several, the name is what all that have maps of their own agree on.
    pub fn name(&self, vm: Option<Pid>, register: Register) -> Option<DeviceName> {
        match register {
            Register::ApicRegister(offset) => self.interfaces.apic(offset).map(of_interface),
            Register::Msr(index) => self.interfaces.msr(index).map(of_interface),
            Register::Port(port) => self.place(vm, Bus::Port, port.into()),
            Register::Gpa(gpa) => {
                let apic = self.apic_register(gpa);
                apic.or_else(|| self.place(vm, Bus::Gpa, gpa))
            }
        }
    }

    /// The APIC's register at an address: its page shows each vCPU its own APIC, whatever the
    /// memory map has there.
    fn apic_register(&self, gpa: u64) -> Option<DeviceName> {
        let offset = u32::try_from(gpa.checked_sub(APIC_PAGE)?).ok()?;
        let row = self.interfaces.apic(offset).filter(|_| self.is_pc)?;
        Some(of_interface(row))
    }

    /// What is at a place, of one VM or of all.
    fn place(&self, vm: Option<Pid>, bus: Bus, number: u64) -> Option<DeviceName> {
        let general = self.memory_map.as_ref();
        if let Some(vm) = vm {
            return self.place_by(self.of_vms.get(&vm).or(general), bus, number);
        }
        if self.of_vms.is_empty() {
            return self.place_by(general, bus, number);
        }
        let mut names = self.of_vms.values();
        let first = self.place_by(names.next(), bus, number);
        let mut names = names.map(|map| self.place_by(Some(map), bus, number));
        if names.all(|name| name == first) {
            return first;
        }
        Some(DeviceName {
            device: DIFFERENT.to_owned(),
            register: None,
            origin: Origin::Mtree,
        })
    }

    /// What is at a place: as the VM's map says where there is one, even that nothing is.
    fn place_by(&self, map: Option<&MemoryMap>, bus: Bus, number: u64) -> Option<DeviceName> {
        if let Some(map) = map.filter(|map| map.shows(bus)) {
            return match map.find(bus, number) {
                Found::Region(region) => Some(self.of_region(bus, region)),
                Found::NoDevice => Some(DeviceName {
                    device: NO_DEVICE.to_owned(),
                    register: None,
                    origin: Origin::Mtree,
                }),
                Found::Unknown => None,
            };
        }
        if bus == Bus::Gpa && !self.is_pc {
            return None;
        }
        let place = self.places.find(bus, number)?;
        Some(self.of_place(place, Origin::Assumption))
    }

    fn of_region(&self, bus: Bus, region: RegionAt<'_>) -> DeviceName {
        let place = Place {
            bus,
            region: region.name,
            offset: region.offset,
            bytes: region.bytes,
        };
        self.of_place(place, Origin::Mtree)
    }

    fn of_place(&self, place: Place<'_>, origin: Origin) -> DeviceName {
        DeviceName {
            device: one_line(place.region).into_owned(),
            register: self.regions.what(place).map(str::to_owned),
            origin,
        }
    }
}

fn of_interface(row: InterfaceRow) -> DeviceName {
    DeviceName {
        device: row.part.to_owned(),
        register: Some(row.register.to_owned()),
        origin: Origin::Architecture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(map: &DeviceMap, register: Register) -> Option<String> {
        let name = map.name(None, register)?;
        Some(format!("{register} · {name}"))
    }

    /// The registers by which the slow VMs of the case study were told.
    #[test]
    fn registers_are_named_as_engineers_call_them() {
        let map = DeviceMap::built_in(Some("x86_64"));
        let cases = [
            (Register::Port(0x608), "0x608 · acpi-tmr (ACPI PM timer)"),
            (Register::Port(0xb008), "0xb008 · acpi-tmr (ACPI PM timer)"),
            (Register::Port(0x71), "0x71 · rtc (CMOS clock data)"),
            (
                Register::Port(0x3fd),
                "0x3fd · serial (16550 UART line status)",
            ),
            (Register::Gpa(0xfee0_0080), "0xfee00080 · APIC TPR"),
            (
                Register::Gpa(0xfed0_00f0),
                "0xfed000f0 · hpet (HPET main counter)",
            ),
            (
                Register::ApicRegister(0x390),
                "0x390 · APIC timer current count",
            ),
            (
                Register::Msr(0x4000_0020),
                "MSR 0x40000020 · Hyper-V reference counter",
            ),
            (Register::Msr(0x6e0), "MSR 0x6e0 · TSC deadline"),
            (Register::Msr(0x838), "MSR 0x838 · APIC timer initial count"),
        ];
        for (register, expected) in cases {
            assert_eq!(shown(&map, register).as_deref(), Some(expected));
        }
        for register in [
            Register::Port(0x5657),
            Register::Gpa(0x1000),
            Register::Msr(0x7fff),
        ] {
            assert_eq!(shown(&map, register), None);
        }
    }

    /// Another machine has other devices at the addresses of a PC's.
    #[test]
    fn addresses_of_other_machines_have_no_names_of_a_pc() {
        for machine in [Some("aarch64"), Some("ia64"), None] {
            let map = DeviceMap::built_in(machine);
            assert_eq!(
                map.name(None, Register::Gpa(0xfee0_0080)),
                None,
                "{machine:?}"
            );
            assert_eq!(
                map.name(None, Register::Gpa(0xfed0_00f0)),
                None,
                "{machine:?}"
            );
        }
    }

    /// Where the VM's own map says that nothing is, no assumption says otherwise.
    #[test]
    fn the_vms_own_map_goes_before_assumptions() {
        let text = "FlatView #0\n AS \"I/O\", root: io\n Root memory region: \
                    io\n  b008-b00b (prio 0, i/o): acpi-tmr\n  b00c-b00f (prio 0, i/o): io @000000000000b00c\n";
        let memory_map = MemoryMap::parse(text).expect("it shows ports");
        let map = DeviceMap::built_in(Some("x86_64")).with_memory_map(memory_map);
        let timer = map
            .name(None, Register::Port(0xb008))
            .expect("it is in the text");
        assert_eq!(timer.to_string(), "acpi-tmr (ACPI PM timer)");
        assert_eq!(timer.origin, Origin::Mtree);
        assert_eq!(map.name(None, Register::Port(0x608)), None);
        let nothing = map.name(None, Register::Port(0xb00c));
        assert_eq!(
            nothing.map(|name| name.to_string()).as_deref(),
            Some("no device")
        );
        let hpet = map.name(None, Register::Gpa(0xfed0_00f0));
        assert!(hpet.is_some_and(|name| name.origin.is_assumption()));
    }

    /// Two VMs: in one the timer is at 0x608, in the other a card; both have the same port 0x80.
    #[test]
    fn each_vm_has_its_own_devices() {
        let map = |at_608: &str| {
            let text = format!(
                "FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n  \
                 80-80 (prio 0, i/o): ioport80\n  608-60b (prio 0, i/o): {at_608}\n"
            );
            MemoryMap::parse(&text).expect("it shows ports")
        };
        let devices = DeviceMap::built_in(Some("x86_64"))
            .with_map_of(Pid::new(1), map("acpi-tmr"))
            .with_map_of(Pid::new(2), map("card"));
        let device = |vm: Option<i32>, port| {
            let name = devices.name(vm.map(Pid::new), Register::Port(port));
            name.map(|name| name.device)
        };
        assert_eq!(device(Some(1), 0x608).as_deref(), Some("acpi-tmr"));
        assert_eq!(device(Some(2), 0x608).as_deref(), Some("card"));
        assert_eq!(device(None, 0x608).as_deref(), Some(DIFFERENT));
        assert_eq!(device(None, 0x80).as_deref(), Some("ioport80"));
        assert_eq!(device(None, 0x81), None);
        // A third one has no map of its own: what is usual is an assumption.
        let third = devices.name(Some(Pid::new(3)), Register::Port(0x608));
        assert!(third.is_some_and(|name| name.origin.is_assumption()));
    }

    /// What manuals fix is no assumption, what firmware places is one.
    #[test]
    fn names_say_what_they_rest_on() {
        let map = DeviceMap::built_in(Some("x86_64"));
        let origin = |register| map.name(None, register).map(|name| name.origin);
        assert_eq!(origin(Register::Port(0x608)), Some(Origin::Assumption));
        assert_eq!(origin(Register::Msr(0x10)), Some(Origin::Architecture));
        assert_eq!(
            origin(Register::Gpa(0xfee0_00b0)),
            Some(Origin::Architecture)
        );
        assert!(Origin::Assumption.is_assumption() && !Origin::Architecture.is_assumption());
    }
}
