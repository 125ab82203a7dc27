//! The line of a region.

/// What a line says about a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RegionEntry<'a> {
    /// Spaces before the line: two for each region around it.
    pub(super) indent: usize,
    /// The first address.
    pub(super) first: u64,
    /// The last one.
    pub(super) last: u64,
    /// Of regions in one, the higher answers.
    pub(super) priority: i32,
    /// The region's name.
    pub(super) name: &'a str,
    pub(super) kind: EntryKind<'a>,
    /// Whether it is switched off, with all inside.
    pub(super) is_disabled: bool,
    /// Whether its addresses left the 64 bits, so that they mean nothing.
    pub(super) is_overflowed: bool,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EntryKind<'a> {
    /// A region; in a flat view, what is seen of it from `offset` on.
    Region {
        /// Bytes from the region's start.
        offset: u64,
    },
    /// A window to a part of another region.
    Alias {
        /// The name of that region.
        target: &'a str,
        /// What of it is at the window's start, in bytes from the target's start.
        offset: u64,
    },
}

/// Whether a line is meant to name a region, whatever is wrong with it.
pub(super) fn is_meant(line: &str) -> bool {
    line.contains("(prio ")
}

/// Reads the line of a region.
pub(super) fn parse(line: &str) -> Option<RegionEntry<'_>> {
    let unmarked = line.strip_prefix("[DETECTED OVERFLOW!] ");
    let is_overflowed = unmarked.is_some();
    let line = unmarked.unwrap_or(line);
    let text = line.trim_start_matches(' ');
    let (range, rest) = text.split_once(" (prio ")?;
    let range = Range::parse(range)?;
    let (properties, rest) = rest.split_once("): ")?;
    let (priority, _) = properties.split_once(", ")?;
    let (rest, is_disabled) = without_attributes(rest);
    let (name, kind) = match alias(rest) {
        Some(alias) => alias,
        None => region(rest),
    };
    (!name.is_empty()).then_some(RegionEntry {
        indent: line.len() - text.len(),
        first: range.first,
        last: range.last,
        priority: priority.parse().ok()?,
        name,
        kind,
        is_disabled,
        is_overflowed,
    })
}

/// Two addresses with a dash between.
struct Range {
    first: u64,
    last: u64,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (address(first)?, address(last)?);
        (first <= last).then_some(Self { first, last })
    }
}

fn address(text: &str) -> Option<u64> {
    let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| is_hexadecimal)
}

/// Takes off what stands behind names, and says whether it was `[disabled]`.
fn without_attributes(text: &str) -> (&str, bool) {
    let (mut text, mut is_disabled) = (text, false);
    loop {
        if let Some(rest) = text.strip_suffix(" [disabled]") {
            (text, is_disabled) = (rest, true);
        } else if let Some(rest) = text.strip_suffix(" KVM") {
            text = rest;
        } else if let Some(rest) = text.strip_suffix(" orphan") {
            text = rest;
        } else if let Some(rest) = without_braces(text) {
            text = rest;
        } else {
            return (text, is_disabled);
        }
    }
}

/// The text before ` owner:{…}` or ` parent:{…}` at its end.
fn without_braces(text: &str) -> Option<&str> {
    let inside = text.strip_suffix('}')?;
    let open = inside.rfind('{')?;
    let before = inside.get(..open)?;
    [" owner:", " parent:"]
        .iter()
        .find_map(|word| before.strip_suffix(word))
}

/// `alias NAME @TARGET FIRST-LAST`.
fn alias(text: &str) -> Option<(&str, EntryKind<'_>)> {
    let text = text.strip_prefix("alias ")?;
    let (text, range) = text.rsplit_once(' ')?;
    let offset = Range::parse(range)?.first;
    // Names hold spaces, and may hold an @.
    let (name, target) = text.rsplit_once(" @")?;
    let kind = EntryKind::Alias { target, offset };
    (!target.is_empty()).then_some((name, kind))
}

/// `NAME`, in a flat view `NAME @OFFSET`.
fn region(text: &str) -> (&str, EntryKind<'_>) {
    if let Some((name, digits)) = text.rsplit_once(" @")
        && digits.len() == 16
        && let Some(offset) = address(digits)
    {
        return (name, EntryKind::Region { offset });
    }
    (text, EntryKind::Region { offset: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> Option<(&str, EntryKind<'_>)> {
        parse(line).map(|entry| (entry.name, entry.kind))
    }

    /// Each style of QEMU's, as the head of the folder names its sources.
    #[test]
    fn lines_of_all_styles_are_read() {
        let plain = "    0000000000000608-000000000000060b (prio 0, RW): acpi-tmr";
        let expected = RegionEntry {
            indent: 4,
            first: 0x608,
            last: 0x60b,
            priority: 0,
            name: "acpi-tmr",
            kind: EntryKind::Region { offset: 0 },
            is_disabled: false,
            is_overflowed: false,
        };
        assert_eq!(parse(plain), Some(expected));
        let alias = EntryKind::Alias {
            target: "pc.ram",
            offset: 0xa0000,
        };
        for end in [
            "",
            " [disabled]",
            " owner:{obj path=/objects/mem0}",
            " owner:{dev id=d0} parent:{obj path=/machine}",
            " [disabled] owner:{dev id=d0}",
        ] {
            let line = format!(
                "00000000000a0000-00000000000bffff (prio -1, nv-ram): alias low ram @pc.ram \
                 00000000000a0000-00000000000bffff{end}"
            );
            assert_eq!(named(&line), Some(("low ram", alias)), "{end}");
            let entry = parse(&line).expect("as above");
            assert_eq!(entry.is_disabled, end.contains("disabled"));
            assert_eq!(entry.priority, -1);
        }
        let flat = "  0000000000000071-0000000000000071 (prio 0, i/o): rtc @0000000000000001 KVM";
        assert_eq!(named(flat), Some(("rtc", EntryKind::Region { offset: 1 })));
        let spaces = "0-f (prio 0, i/o): vga ioports remapped";
        let whole = EntryKind::Region { offset: 0 };
        assert_eq!(named(spaces), Some(("vga ioports remapped", whole)));
        let overflowed = "[DETECTED OVERFLOW!]   1-2 (prio 0, i/o): x";
        assert!(parse(overflowed).is_some_and(|entry| entry.is_overflowed && entry.indent == 2));
    }

    /// What is cut or no region is not taken for one.
    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "address-space: I/O",
            "FlatView #0",
            "  0000000000000000-ffff (prio",
            "  2-1 (prio 0, i/o): backwards",
            "  +1-2 (prio 0, i/o): signed",
            "  1-2 (prio x, i/o): no number",
            "  1-2 (prio 0, i/o): ",
            "      #0 @0000000000000000..ffffffffffffffff (noname) [unassigned]",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
