//! Where a QEMU listens for QMP, by its command line.

use std::path::PathBuf;

use super::command_line::CommandLine;

impl CommandLine {
    /// The sockets of the file system on which the VMM speaks QMP, in the order of its options: of
    /// `-qmp unix:PATH`, and of `-mon` with `mode=control` on a `-chardev socket`.
    ///
    /// Source: `-qmp`, `-mon` and `-chardev` in qemu-options.hx, QEMU 7.2.
    pub fn qmp_sockets(&self) -> Vec<PathBuf> {
        let words = self.words();
        let values = |option: &'static str| {
            let pairs = words.iter().zip(words.iter().skip(1));
            pairs.filter_map(move |(word, value)| {
                let word = word.strip_prefix('-')?;
                (word.trim_start_matches('-') == option).then_some(value.as_str())
            })
        };
        let direct = values("qmp").chain(values("qmp-pretty"));
        let direct = direct.filter_map(|value| {
            let rest = value.strip_prefix("unix:")?;
            Some(first_part(rest))
        });
        let monitors = values("mon").filter(|value| setting(value, "mode") == Some("control"));
        let named = monitors.filter_map(|value| {
            let id = setting(value, "chardev").unwrap_or_else(|| bare(value));
            let device = values("chardev").find(|device| setting(device, "id") == Some(id))?;
            let is_socket = device.starts_with("socket,");
            setting(device, "path")
                .filter(|_| is_socket)
                .map(str::to_owned)
        });
        direct.chain(named).map(PathBuf::from).collect()
    }
}

/// What stands before the first single comma; two stand for one.
fn first_part(text: &str) -> String {
    let mut part = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ',' && rest.next_if_eq(&',').is_none() {
            break;
        }
        part.push(c);
    }
    part
}

/// The value of a setting among others between commas.
fn setting<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut settings = text.split(',');
    settings.find_map(|setting| setting.strip_prefix(name)?.strip_prefix('='))
}

/// The value that stands first and without its name.
fn bare(text: &str) -> &str {
    text.split(',').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(text: &str) -> Vec<String> {
        let found = CommandLine::parse(text).qmp_sockets();
        found
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    /// As people write it, and as libvirt does.
    #[test]
    fn sockets_are_found_by_both_ways_of_naming_them() {
        let by_hand = "qemu-system-x86_64 -qmp unix:/run/a.qmp,server=on,wait=off -m 1G";
        assert_eq!(sockets(by_hand), ["/run/a.qmp"]);
        let by_libvirt = "qemu-kvm -chardev \
            socket,id=charmonitor,path=/var/lib/libvirt/q/monitor.sock,server=on,wait=off \
            -mon chardev=charmonitor,id=monitor,mode=control";
        assert_eq!(sockets(by_libvirt), ["/var/lib/libvirt/q/monitor.sock"]);
    }

    /// Monitors for people and monitors elsewhere are none.
    #[test]
    fn other_monitors_are_left_out() {
        for text in [
            "qemu-kvm -qmp tcp:localhost:4444,server=on",
            "qemu-kvm -qmp stdio",
            "qemu-kvm -monitor unix:/run/hmp,server=on",
            "qemu-kvm -chardev socket,id=m,path=/run/m -mon chardev=m,mode=readline",
            "qemu-kvm -chardev pty,id=m,path=/dev/pts/9 -mon chardev=m,mode=control",
            "qemu-kvm -qmp",
        ] {
            assert_eq!(sockets(text), [""; 0], "{text}");
        }
    }
}
