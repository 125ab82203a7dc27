//! Which package has `perf`, on the distributions that people run VMs on.

use std::fs;

/// How this machine's distribution installs `perf`, as words of a command line.
pub(super) fn perf_package() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let release = read("/proc/sys/kernel/osrelease");
    install_command(&read("/etc/os-release"), release.trim())
}

/// The command that installs `perf`, by the text of `/etc/os-release` and the kernel's release.
fn install_command(os_release: &str, kernel: &str) -> String {
    let value = |key: &str| {
        let mut lines = os_release.lines();
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        value.map(|value| value.trim_matches(['"', '\'']).to_owned())
    };
    let own = value("ID").unwrap_or_default();
    let like = value("ID_LIKE").unwrap_or_default();
    let mut names = [own.as_str()].into_iter().chain(like.split(' '));
    let known = names.find_map(|name| {
        Some(match name {
            // The package must fit the kernel that runs.
            "ubuntu" => format!("apt install linux-tools-{kernel}"),
            "debian" => "apt install linux-perf".to_owned(),
            "fedora" | "rhel" | "centos" => "dnf install perf".to_owned(),
            "suse" | "opensuse" | "sles" => "zypper install perf".to_owned(),
            "arch" => "pacman -S perf".to_owned(),
            "alpine" => "apk add perf".to_owned(),
            _ => return None,
        })
    });
    known.unwrap_or_else(|| {
        "install the package called perf, linux-perf or linux-tools of this distribution".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::install_command;

    /// Lines of the distributions' own files, and the packages that their lists have.
    #[test]
    fn each_distribution_has_its_package() {
        for (text, expected) in [
            (
                "PRETTY_NAME=\"Debian\"\nID=debian\n",
                "apt install linux-perf",
            ),
            (
                "ID=ubuntu\nID_LIKE=debian\n",
                "apt install linux-tools-6.8.0-31-generic",
            ),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
                "dnf install perf",
            ),
            ("ID=proxmox\nID_LIKE=debian\n", "apt install linux-perf"),
            (
                "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n",
                "zypper install perf",
            ),
        ] {
            assert_eq!(
                install_command(text, "6.8.0-31-generic"),
                expected,
                "{text}"
            );
        }
        assert!(install_command("", "6.8").contains("linux-tools"));
    }
}
