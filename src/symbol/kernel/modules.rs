//! `/proc/modules`: which kernel modules lay where.

use std::ops::Range;

use crate::units::Avma;

/// Where a kernel module lay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleRange {
    /// The module's name as the kernel spells it, without brackets: `kvm_intel`.
    pub name: Box<str>,
    /// The addresses it covered.
    pub range: Range<Avma>,
}

/// Reads the text of `/proc/modules`.
///
/// A line reads `kvm_intel 380928 0 - Live 0xffffffffc07c9000`: name, bytes, users, dependants,
/// state, address. Lines of another form are left out, and so are modules whose address is hidden
/// (zero). The result is sorted by address.
///
/// Source: `m_show`, kernel/module/procfs.c, Linux 6.1.
pub fn parse_modules(text: &[u8]) -> Vec<ModuleRange> {
    let mut modules: Vec<ModuleRange> = text
        .split(|&byte| byte == b'\n')
        .filter_map(|line| parse_line(std::str::from_utf8(line).ok()?))
        .collect();
    modules.sort_by_key(|module| module.range.start);
    modules
}

fn parse_line(line: &str) -> Option<ModuleRange> {
    let mut fields = line.split_ascii_whitespace();
    let name = fields.next()?;
    let bytes: u64 = fields.next()?.parse().ok()?;
    let hex = fields.nth(3)?.strip_prefix("0x")?;
    let start = Avma::new(u64::from_str_radix(hex, 16).ok()?);
    if start == Avma::new(0) || bytes == 0 {
        return None;
    }
    Some(ModuleRange {
        name: name.into(),
        range: start..start.checked_add(bytes)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Real lines, a hidden address and rubbish; order is by address.
    #[test]
    fn modules_are_read_in_address_order() {
        let text = b"kvm_intel 380928 0 - Live 0xffffffffc07c9000\n\
            kvm 1146880 1 kvm_intel, Live 0xffffffffc06b0000 (OE)\n\
            hidden 4096 0 - Live 0x0000000000000000\n\
            short 1\n\xff\xfe\n\
            wraps 9999999 0 - Live 0xffffffffffffff00\n";
        let modules = parse_modules(text);
        let names: Vec<&str> = modules.iter().map(|module| &*module.name).collect();
        assert_eq!(names, ["kvm", "kvm_intel"]);
        assert_eq!(
            modules[1].range.end,
            Avma::new(0xffff_ffff_c07c_9000 + 380_928)
        );
    }
}
