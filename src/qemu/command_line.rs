//! The command line of a VMM: which it is, and what it calls its VM.

/// A program that runs virtual machines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Vmm {
    /// QEMU, also as `qemu-kvm` and `kvm`.
    Qemu,
    /// Firecracker.
    Firecracker,
    /// Cloud Hypervisor.
    CloudHypervisor,
    /// crosvm.
    Crosvm,
    /// kvmtool.
    Kvmtool,
}

impl Vmm {
    /// The VMM that a program's path is of.
    fn of_program(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next()?;
        Some(match name {
            "qemu-kvm" | "kvm" => Self::Qemu,
            "firecracker" => Self::Firecracker,
            "cloud-hypervisor" => Self::CloudHypervisor,
            "crosvm" => Self::Crosvm,
            "lkvm" => Self::Kvmtool,
            _ if name.starts_with("qemu-system-") => Self::Qemu,
            _ => return None,
        })
    }

    /// The options that name the VM.
    ///
    /// Source: `-name` in qemu-options.hx, QEMU 7.2; `--id` in src/firecracker/src/main.rs,
    /// Firecracker 1.0; `name` of `RunCommand` in src/crosvm/cmdline.rs, crosvm; `--name` in
    /// builtin-run.c, kvmtool. Cloud Hypervisor has none.
    const fn naming_options(self) -> &'static [&'static str] {
        match self {
            Self::Qemu => &["-name", "--name"],
            Self::Firecracker => &["--id"],
            Self::Crosvm => &["--name"],
            Self::Kvmtool => &["--name", "-n"],
            Self::CloudHypervisor => &[],
        }
    }
}

/// The words of a command line, the program first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// Reads a copy of `/proc/PID/cmdline`, or a text as shells, `ps` and libvirt's logs have it:
    /// words with white space between, some quoted, lines that a backslash continues. Settings of
    /// the environment in front of the program are left out.
    pub fn parse(text: &str) -> Self {
        let words = if text.contains('\0') {
            let text = text.strip_suffix('\0').unwrap_or(text);
            text.split('\0').map(str::to_owned).collect()
        } else {
            shell_words(text)
        };
        let is_setting = |word: &String| {
            let name = word.split_once('=').map(|(name, _)| name);
            name.is_some_and(|name| {
                let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                !name.is_empty() && name.chars().all(is_part)
            })
        };
        let words = words.into_iter().skip_while(is_setting);
        Self {
            words: words.collect(),
        }
    }

    /// All words.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The VMM; `None` when the program is none that is known.
    pub fn vmm(&self) -> Option<Vmm> {
        Vmm::of_program(self.words.first()?)
    }

    /// The value of the last of these options: the word behind it, or what stands behind `=`.
    pub fn value(&self, options: &[&str]) -> Option<&str> {
        let mut found = None;
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if options.contains(&word.as_str()) {
                found = words.next().map(String::as_str);
            } else if let Some((option, value)) = word.split_once('=')
                && options.contains(&option)
            {
                found = Some(value);
            }
        }
        found
    }

    /// The name that the VMM gives its VM; `None` when it gives none.
    pub fn vm_name(&self) -> Option<String> {
        let vmm = self.vmm()?;
        let value = self.value(vmm.naming_options())?;
        let name = match vmm {
            Vmm::Qemu => qemu_name(value),
            Vmm::Firecracker | Vmm::CloudHypervisor | Vmm::Crosvm | Vmm::Kvmtool => {
                value.to_owned()
            }
        };
        (!name.is_empty()).then_some(name)
    }
}

/// The name in QEMU's `-name [guest=]NAME[,…]`, where two commas stand for one of the name.
fn qemu_name(value: &str) -> String {
    let mut parts = vec![String::new()];
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        if c != ',' {
            if let Some(part) = parts.last_mut() {
                part.push(c);
            }
        } else if rest.next_if_eq(&',').is_some() {
            if let Some(part) = parts.last_mut() {
                part.push(',');
            }
        } else {
            parts.push(String::new());
        }
    }
    let guest = parts.iter().find_map(|part| part.strip_prefix("guest="));
    let bare = parts.first().filter(|part| !part.contains('='));
    let name = guest.or(bare.map(String::as_str));
    name.unwrap_or_default().to_owned()
}

/// Words as a shell takes them apart, without its substitutions.
fn shell_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => {
                // A line goes on behind one.
                let next = rest.next_if(|c| !c.is_whitespace());
                if let Some(next) = next {
                    word.get_or_insert_default().push(next);
                }
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (Some(_) | None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        CommandLine::parse(text).vm_name()
    }

    /// As /proc, `ps` and libvirt's log show them.
    #[test]
    fn each_vmm_names_its_vm_its_own_way() {
        for (text, expected) in [
            (
                "/usr/bin/qemu-system-x86_64\0-name\0guest=My VM,,2,debug-threads=on\0-smp\0two\0",
                Some("My VM,2"),
            ),
            (
                "qemu-system-aarch64 -M virt -name old-style,process=x",
                Some("old-style"),
            ),
            ("/usr/libexec/qemu-kvm --name guest=el9", Some("el9")),
            (
                "LC_ALL=C \\\nPATH=/bin \\\n/usr/bin/qemu-system-x86_64 \\\n-name \
                 'guest=win 10,debug-threads=on' \\\n-S \\\n",
                Some("win 10"),
            ),
            ("qemu-system-x86_64 -name debug-threads=on", None),
            ("qemu-system-x86_64 -name", None),
            ("/opt/firecracker --id vm-1 --api-sock /run/x", Some("vm-1")),
            ("firecracker --id=vm-2", Some("vm-2")),
            ("crosvm run --name arcvm --cpus 2 vmlinux", Some("arcvm")),
            ("lkvm run --name guest-42 -k bzImage", Some("guest-42")),
            ("cloud-hypervisor --kernel x --name y", None),
            ("/bin/bash -name x", None),
            ("", None),
        ] {
            assert_eq!(name(text).as_deref(), expected, "{text}");
        }
    }

    /// The last of several options counts, as it does for the VMM.
    #[test]
    fn options_have_values() {
        let line = CommandLine::parse("qemu-system-x86_64 -M pc -machine q35,accel=kvm -smp 2");
        assert_eq!(line.vmm(), Some(Vmm::Qemu));
        assert_eq!(line.value(&["-M", "-machine"]), Some("q35,accel=kvm"));
        assert_eq!(line.value(&["-cpu"]), None);
        assert_eq!(line.words().len(), 7);
    }
}
