//! Which operating system runs in a guest, and how that is known.

/// An operating system whose cure is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GuestSystem {
    /// Linux.
    Linux,
    /// Microsoft Windows.
    Windows,
}

impl GuestSystem {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        }
    }
}

/// How well it is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HowTold {
    /// By a name that somebody chose: a hint, no more.
    Hint,
    /// By what the VMM was told to boot or to pretend, or by where the guest's kernel runs.
    Known,
}

/// What is known of a guest's operating system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuestTold {
    /// The system.
    pub system: GuestSystem,
    /// How well it is known.
    pub told: HowTold,
    /// By what, in words.
    pub by: String,
}

/// How many guest instruction pointers lie where kernels run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KernelAddresses {
    /// Where Linux for x86-64 has its text and modules.
    pub linux: u64,
    /// Where Windows has its kernel and drivers.
    pub windows: u64,
    /// In the upper half of the address space, elsewhere.
    pub other: u64,
}

/// Fewer addresses do not tell a system.
const LEAST_ADDRESSES: u64 = 20;

impl KernelAddresses {
    /// Counts an instruction pointer of x86-64, `count` times. Those of user space and of real and
    /// protected mode tell nothing.
    ///
    /// Source: `Documentation/arch/x86/x86_64/mm.rst`, Linux 6.12: kernel text and modules lie from
    /// `0xffffffff80000000`. Windows for x86-64 puts `ntoskrnl.exe` and drivers from
    /// `0xfffff80000000000`.
    pub const fn add(&mut self, rip: u64, count: u64) {
        let slot = match rip {
            0xffff_ffff_8000_0000..=u64::MAX => &mut self.linux,
            0xffff_f800_0000_0000..=0xffff_f80f_ffff_ffff => &mut self.windows,
            0xffff_8000_0000_0000.. => &mut self.other,
            _ => return,
        };
        *slot = slot.saturating_add(count);
    }

    /// The system that nearly all of them are of; `None` when they are few or disagree.
    pub fn system(self) -> Option<GuestTold> {
        let all = self
            .linux
            .saturating_add(self.windows)
            .saturating_add(self.other);
        let candidates = [
            (self.linux, GuestSystem::Linux, "0xffffffff8…"),
            (self.windows, GuestSystem::Windows, "0xfffff80…"),
        ];
        let (count, system, place) = candidates.into_iter().max_by_key(|found| found.0)?;
        let is_clear = count >= LEAST_ADDRESSES && count >= all - all / 10;
        is_clear.then(|| GuestTold {
            system,
            told: HowTold::Known,
            by: format!("{count} of {all} kernel addresses at kvm_exit lie at {place}"),
        })
    }
}

/// What the words of a VM's own name hint at.
pub fn hinted_by_name(name: &str) -> Option<GuestTold> {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is_linux = has(&[
        "linux", "debian", "ubuntu", "fedora", "rhel", "centos", "suse",
    ]);
    let starts_win = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word.starts_with("win") && !word.starts_with("wind") || word == "windows");
    let system = match (is_linux, starts_win) {
        (true, false) => GuestSystem::Linux,
        (false, true) => GuestSystem::Windows,
        _ => return None,
    };
    Some(GuestTold {
        system,
        told: HowTold::Hint,
        by: format!("the VM is called {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_addresses_tell_the_system() {
        let mut addresses = KernelAddresses::default();
        // From the kvm_exit events of a Linux guest, and from user space.
        addresses.add(0xffff_ffff_8174_b6d4, 90);
        addresses.add(0x7f21_3c00_1000, 500);
        assert_eq!(
            addresses.system().map(|told| told.system),
            Some(GuestSystem::Linux)
        );
        let mut windows = KernelAddresses::default();
        windows.add(0xffff_f803_1a2b_3c4d, 90);
        assert_eq!(
            windows.system().map(|told| told.system),
            Some(GuestSystem::Windows)
        );
        windows.add(0xffff_ffff_8174_b6d4, 30);
        assert_eq!(windows.system(), None);
        let mut few = KernelAddresses::default();
        few.add(0xffff_ffff_8174_b6d4, 3);
        assert_eq!(few.system(), None);
        // A boot sector tells nothing.
        let mut flat = KernelAddresses::default();
        flat.add(0x10432, 5000);
        assert_eq!(flat.system(), None);
    }

    #[test]
    fn a_name_is_a_hint_where_it_is_clear() {
        let system = |name| hinted_by_name(name).map(|told| told.system);
        assert_eq!(system("win10-bad"), Some(GuestSystem::Windows));
        assert_eq!(system("prod-Windows-2022"), Some(GuestSystem::Windows));
        assert_eq!(system("debian12"), Some(GuestSystem::Linux));
        for name in ["win10-linux", "wind-farm", "database", "darwin"] {
            assert_eq!(system(name), None, "{name}");
        }
    }
}
