//! What a VMM's command line tells: QEMU's, as libvirt and people write it.

use super::guest_system::{GuestSystem, GuestTold, HowTold, hinted_by_name};
use super::host_facts::ReleaseVersion;
use crate::qemu::CommandLine;

/// What a VMM's command line tells. Texts come from files and are not yet safe.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VmmFacts {
    /// The file that told it.
    pub from: String,
    /// All words of the command line, the program first.
    pub words: Vec<String>,
    /// The CPU model's features, as in `hv-time` and `x2apic`, with `-` for `_` and without `+`;
    /// those that are switched off are left out.
    pub cpu_features: Vec<String>,
    /// The version of its machine type, which is that of the VMM at most.
    pub version: Option<ReleaseVersion>,
    /// The VM's name.
    pub name: Option<String>,
}

impl VmmFacts {
    /// What a command line tells; `from` says where it was found.
    ///
    /// Source: `qemu-options.hx` (`-cpu`, `-machine`), QEMU 7.2.
    pub fn of(line: &CommandLine, from: &str) -> Self {
        let cpu = line.value(&["-cpu", "--cpu"]);
        let machine = line.value(&["-machine", "--machine", "-M"]);
        Self {
            from: from.to_owned(),
            words: line.words().to_vec(),
            cpu_features: cpu.map(features).unwrap_or_default(),
            version: machine.and_then(machine_version),
            name: line.vm_name(),
        }
    }

    /// Whether the CPU model has a feature.
    pub fn has_feature(&self, feature: &str) -> bool {
        self.cpu_features.iter().any(|found| found == feature)
    }

    /// The guest's system, as far as this tells it: a kernel that the VMM boots itself tells it, all
    /// else is a hint.
    pub fn guest(&self) -> Option<GuestTold> {
        let has = |option: &str| self.words.iter().any(|word| word == option);
        if has("-kernel") && has("-append") {
            return Some(GuestTold {
                system: GuestSystem::Linux,
                told: HowTold::Known,
                by: format!("{} boots it with -kernel and -append", self.from),
            });
        }
        let windows = |by: &str| GuestTold {
            system: GuestSystem::Windows,
            told: HowTold::Hint,
            by: by.to_owned(),
        };
        if self
            .cpu_features
            .iter()
            .any(|found| found.starts_with("hv-"))
        {
            return Some(windows("its CPU has Hyper-V enlightenments"));
        }
        let named = self.name.as_deref().and_then(hinted_by_name);
        named.or_else(|| {
            let is_local = |word: &String| word.split(',').any(|part| part == "base=localtime");
            self.words
                .iter()
                .any(is_local)
                .then(|| windows("its clock runs on local time"))
        })
    }
}

/// The features of `-cpu MODEL,FEATURE,…` that are on.
fn features(text: &str) -> Vec<String> {
    let parts = text.split(',').skip(1);
    let on = parts.filter_map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, "on"));
        let is_off = name.starts_with('-') || matches!(value, "off" | "no" | "false");
        (!is_off).then(|| name.trim_start_matches('+').replace('_', "-"))
    });
    on.collect()
}

/// The version of a machine type such as `pc-i440fx-7.2` or `type=pc-q35-8.1,…`.
fn machine_version(text: &str) -> Option<ReleaseVersion> {
    let kind = text
        .split(',')
        .map(|part| part.strip_prefix("type=").unwrap_or(part))
        .find(|part| !part.contains('='))?;
    let (name, version) = kind.rsplit_once('-')?;
    // Distributions count their own way: pc-i440fx-rhel7.6.0, pc-q35-noble.
    let is_plain = name.starts_with("pc-") || name == "virt";
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| ReleaseVersion::parse(version))
        .flatten()
        .filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> VmmFacts {
        VmmFacts::of(&CommandLine::parse(text), "cmdline")
    }

    #[test]
    fn what_a_command_line_says_is_read() {
        let found = facts(
            "qemu-system-x86_64 -name guest=win10,debug-threads=on -machine \
             pc-q35-7.2,accel=kvm -cpu host,+x2apic,hv_time,hv-vapic=on,-vmx,kvm=off",
        );
        assert_eq!(found.name.as_deref(), Some("win10"));
        assert_eq!(found.version, Some(ReleaseVersion::new(7, 2)));
        assert_eq!(found.cpu_features, ["x2apic", "hv-time", "hv-vapic"]);
        assert_eq!(facts("qemu-kvm -M pc -name x").version, None);
        assert_eq!(facts("qemu-kvm -M pc-i440fx-rhel7.6.0").version, None);
        assert_eq!(facts("qemu-kvm -cpu").cpu_features, [""; 0]);
    }

    /// The command lines are those of the captures `linux-fp` and `badst-fp`, cut.
    #[test]
    fn a_kernel_that_is_booted_weighs_more_than_a_name() {
        let linux = facts(
            "qemu-system-x86_64 -name guest=win10-linux,debug-threads=on -cpu host -kernel \
             /root/vm/linux.vmlinuz -append console=ttyS0 clocksource=acpi_pm",
        );
        let told = linux.guest().unwrap();
        assert_eq!(
            (told.system, told.told),
            (GuestSystem::Linux, HowTold::Known)
        );
        let bad = facts("qemu-system-x86_64 -name guest=win10-bad,debug-threads=on -M pc");
        let told = bad.guest().unwrap();
        assert_eq!(
            (told.system, told.told),
            (GuestSystem::Windows, HowTold::Hint)
        );
        assert_eq!(facts("qemu-system-x86_64 -M pc").guest(), None);
        let local = facts("qemu-system-x86_64 -rtc base=localtime,driftfix=slew");
        assert_eq!(local.guest().unwrap().system, GuestSystem::Windows);
    }
}
