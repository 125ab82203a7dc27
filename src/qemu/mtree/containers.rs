//! Regions that answer for nothing themselves.
//!
//! `info mtree` prints them as it prints regions that answer where none of those inside does, so
//! that only QEMU's source tells.

/// Names of regions that hold others; a star stands for any start.
///
/// Source: calls of `memory_region_init()`, which makes a region without operations, in
/// `softmmu/physmem.c`, `hw/i386/pc_piix.c`, `hw/i386/pc_q35.c`, `hw/pci-host/q35.c`,
/// `hw/pci/pci.c`, `hw/pci/msix.c`, `hw/virtio/virtio-pci.c`, `hw/acpi/piix4.c`, `hw/acpi/ich9.c`,
/// `hw/ide/piix.c` and `target/i386/tcg/sysemu/tcg-cpu.c`, QEMU 7.2.
const CONTAINERS: [&str; 10] = [
    "system",
    "memory",
    "pci",
    "smram",
    "bus master container",
    "piix4-pm",
    "ich9-pm",
    "piix-bmdma-container",
    "virtio-pci",
    "*-msix",
];

/// Regions behind which there is no device.
///
/// Source: `gpex_host_realize()` in `hw/pci-host/gpex.c`, QEMU 7.2: `unassigned_io_ops`.
const WINDOWS: [&str; 4] = [
    "gpex_mmio",
    "gpex_mmio_window",
    "gpex_ioport",
    "gpex_ioport_window",
];

/// Whether a region with others inside answers for nothing itself.
pub(super) fn is_container(name: &str) -> bool {
    CONTAINERS
        .iter()
        .any(|pattern| match pattern.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => *pattern == name,
        })
}

/// Whether a region without others inside answers for nothing either.
///
/// The BAR of a legacy virtio device is called as the container of a modern one.
pub(super) fn is_empty_container(name: &str) -> bool {
    name != "virtio-pci" && is_container(name)
}

/// Whether a region stands for the lack of devices.
pub(super) fn is_window(name: &str) -> bool {
    WINDOWS.contains(&name)
}
