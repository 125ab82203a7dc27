//! What is known of the host: its kernel, its CPU, and how KVM's modules are set.

use std::collections::{BTreeMap, BTreeSet};

/// A version as `major.minor.patch`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReleaseVersion {
    /// The first number.
    pub major: u32,
    /// The second number; 0 where there is none.
    pub minor: u32,
    /// The third number; 0 where there is none.
    pub patch: u32,
}

impl ReleaseVersion {
    /// A version without a third number.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self::with_patch(major, minor, 0)
    }

    /// A version.
    pub const fn with_patch(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads the numbers at the start of a text such as `6.1.0-56-amd64`; `None` where it starts
    /// with none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let text = text.trim();
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        let mut numbers = text.get(..end)?.split('.');
        let major = numbers.next()?.parse().ok()?;
        let mut rest = numbers.map(|text| text.parse().unwrap_or_default());
        let minor = rest.next().unwrap_or_default();
        Some(Self::with_patch(
            major,
            minor,
            rest.next().unwrap_or_default(),
        ))
    }
}

impl std::fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

/// Who made the CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vendor {
    /// VMX: Intel, and those that build the same.
    Intel,
    /// SVM: AMD, Hygon.
    Amd,
}

/// What is known of the host. Texts come from files and are not yet safe.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HostFacts {
    /// Its own name, as `uname -n` says it.
    pub name: Option<String>,
    /// The architecture as `uname -m` says it.
    pub machine: Option<String>,
    /// The kernel's release as `uname -r` says it.
    pub kernel: Option<String>,
    /// The CPU in its maker's words.
    pub cpu: Option<String>,
    /// Who made it.
    pub vendor: Option<Vendor>,
    /// Parameters of KVM's modules, as in `kvm_intel.enable_apicv`.
    pub parameters: BTreeMap<String, String>,
    /// The file that told the parameters.
    pub parameters_from: Option<String>,
    /// Flags of the CPU, as `/proc/cpuinfo` lists them in `flags` and `vmx flags`; empty: not known.
    pub cpu_flags: BTreeSet<String>,
    /// Which captures seem to be of another host than those before, and why.
    pub doubts: Vec<String>,
}

impl HostFacts {
    /// The kernel's version.
    pub fn kernel_version(&self) -> Option<ReleaseVersion> {
        ReleaseVersion::parse(self.kernel.as_deref()?)
    }

    /// What a trace.dat tells by `uname`: system, name, release, machine.
    pub fn of_uname(uname: &str) -> Self {
        let mut words = uname.split(' ').skip(1);
        let mut word = || words.next().map(str::to_owned);
        Self {
            name: word(),
            kernel: word(),
            machine: word(),
            ..Self::default()
        }
    }

    /// Adds what another capture tells of its host: of several the first that tells a fact counts.
    /// Returns in what that one differs, which is kept as a doubt; `capture` names it.
    pub fn add(&mut self, other: &Self, capture: &str) -> Option<String> {
        let facts = [
            ("host", &mut self.name, &other.name),
            ("Linux", &mut self.kernel, &other.kernel),
            ("a machine", &mut self.machine, &other.machine),
            ("a CPU", &mut self.cpu, &other.cpu),
        ];
        let mut doubt = None;
        for (what, own, told) in facts {
            match (own.as_ref(), told) {
                (Some(own), Some(told)) if own != told && doubt.is_none() => {
                    doubt = Some(format!(
                        "it is of {what} {told}, another capture of {own}: are they of one host?"
                    ));
                }
                (None, Some(told)) => *own = Some(told.clone()),
                (None | Some(_), _) => {}
            }
        }
        self.vendor = self.vendor.or(other.vendor);
        if let Some(doubt) = &doubt {
            self.doubts.push(format!("{capture}: {doubt}"));
        }
        doubt
    }

    /// Adds the module parameters that a text tells: lines such as
    /// `/sys/module/kvm_intel/parameters/enable_apicv=N` or `kvm_intel.enable_apicv=N`, with `:` in
    /// place of `=` as `grep -r . /sys/module/kvm*/parameters` prints them. Returns how many there
    /// were; other lines are passed over.
    pub fn add_parameters(&mut self, text: &str, from: &str) -> usize {
        let found: Vec<(String, String)> = text.lines().filter_map(parameter).collect();
        let count = found.len();
        if count > 0 {
            self.parameters.extend(found);
            self.parameters_from = Some(from.to_owned());
        }
        count
    }

    /// Adds the CPU's flags that a text of `/proc/cpuinfo` lists. Other lines are passed over.
    pub fn add_cpuinfo(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            match name.trim() {
                "flags" | "vmx flags" => {
                    let flags = value.split_whitespace().map(ToOwned::to_owned);
                    self.cpu_flags.extend(flags);
                }
                "model name" if self.cpu.is_none() => self.cpu = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }

    /// A parameter that is on or off; `None` when it is not known or neither.
    pub fn is_on(&self, parameter: &str) -> Option<bool> {
        match self.parameters.get(parameter)?.as_str() {
            "Y" | "y" | "1" => Some(true),
            "N" | "n" | "0" => Some(false),
            _ => None,
        }
    }
}

/// Reads a line about one parameter.
fn parameter(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().split_once(['=', ':'])?;
    let (module, name) = match name.strip_prefix("/sys/module/") {
        Some(path) => path.split_once("/parameters/")?,
        None => name.split_once('.')?,
    };
    let is_plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_kvm = module.starts_with("kvm") && is_plain(module) && is_plain(name);
    is_kvm.then(|| (format!("{module}.{name}"), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two machines of one make that run the same kernel differ in their names alone; what one
    /// capture does not tell is no difference.
    #[test]
    fn hosts_of_one_kernel_are_told_apart_by_their_names() {
        let told = |uname| HostFacts::of_uname(uname);
        let mut host = HostFacts::default();
        assert_eq!(
            host.add(&told("Linux a 6.1.0-56-amd64 x86_64"), "a.data"),
            None
        );
        assert_eq!(host.add(&HostFacts::default(), "text"), None);
        assert_eq!(
            host.add(&told("Linux a 6.1.0-56-amd64 x86_64"), "c.data"),
            None
        );
        assert_eq!(host.doubts, [""; 0]);
        let doubt = host.add(&told("Linux b 6.1.0-56-amd64 x86_64"), "b.data");
        let said = "it is of host b, another capture of a: are they of one host?";
        assert_eq!(doubt.as_deref(), Some(said));
        assert_eq!(host.doubts, [format!("b.data: {said}")]);
        assert_eq!(host.name.as_deref(), Some("a"));
        let doubt = host.add(&told("Linux a 6.12.0 x86_64"), "d.data").unwrap();
        assert!(doubt.starts_with("it is of Linux 6.12.0, another capture of 6.1.0"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let release = ReleaseVersion::parse("6.1.0-56-amd64");
        assert_eq!(release, Some(ReleaseVersion::new(6, 1)));
        assert!(release < ReleaseVersion::parse("6.12"));
        assert_eq!(ReleaseVersion::parse("7"), Some(ReleaseVersion::new(7, 0)));
        for text in ["", "v6.1", "99999999999.1"] {
            assert_eq!(ReleaseVersion::parse(text), None, "{text}");
        }
    }

    /// The lines are as in the captures of `kvm_intel` with `enable_apicv=0`, and as grep prints them.
    #[test]
    fn module_parameters_are_read_from_listings() {
        let text = "/sys/module/kvm_intel/parameters/enable_apicv=N\n\
                    /sys/module/kvm/parameters/halt_poll_ns:200000\n\
                    kvm_amd.avic=1\nmodprobe kvm_intel enable_apicv=0\n/sys/module/../x=1\n";
        let mut facts = HostFacts::default();
        assert_eq!(facts.add_parameters(text, "listing"), 3);
        assert_eq!(facts.is_on("kvm_intel.enable_apicv"), Some(false));
        assert_eq!(facts.is_on("kvm_amd.avic"), Some(true));
        assert_eq!(facts.is_on("kvm.halt_poll_ns"), None);
        assert_eq!(facts.is_on("kvm.other"), None);
    }
}
