//! Layouts of tracepoints by kernel version, for captures that carry no formats.

use super::field::{Field, FieldShape};
use super::format::{EventFormat, FormatOrigin};
use super::value_names::ValueNames;

/// The table; its head explains the columns.
const LAYOUTS: &str = include_str!("layouts.tsv");

/// Fields that all payloads begin with: name, type, offset, length. Kernels before 3.5 have a fifth,
/// behind them.
///
/// Source: `struct trace_entry`, `include/linux/trace_events.h`, Linux 6.12.
const COMMON: &str = "common_type unsigned short 0 2; common_flags unsigned char 2 1; \
    common_preempt_count unsigned char 3 1; common_pid int 4 4";

/// An architecture that the table has rows of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Architecture {
    /// `x86_64`.
    X86,
    /// `aarch64`.
    Arm64,
    /// `riscv64`.
    Riscv,
    /// `s390x`.
    S390,
    /// `ppc64`, `ppc64le`.
    PowerPc,
    /// `loongarch64`.
    LoongArch,
}

impl Architecture {
    /// The architecture of a name as `uname -m` prints it; `None` for those without 64-bit words and
    /// for those that are not known.
    pub fn of_uname(name: &str) -> Option<Self> {
        Some(match name {
            "x86_64" => Self::X86,
            "aarch64" | "arm64" => Self::Arm64,
            "riscv64" => Self::Riscv,
            "s390x" => Self::S390,
            "ppc64" | "ppc64le" => Self::PowerPc,
            "loongarch64" => Self::LoongArch,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86",
            Self::Arm64 => "arm64",
            Self::Riscv => "riscv",
            Self::S390 => "s390",
            Self::PowerPc => "powerpc",
            Self::LoongArch => "loongarch",
        }
    }
}

/// The layout that an event has in a kernel, by the table: its id is 0 and its values have no names.
///
/// `release` is what `uname -r` prints. A kernel between two rows gets the fields that both have at
/// the same place, one that is newer than all rows gets the last. `None` when the table does not know
/// the event on this machine, or when the kernel is not known or older than all rows.
pub fn built_in(
    architecture: Option<Architecture>,
    release: Option<&str>,
    event: &str,
) -> Option<EventFormat> {
    let version = Version::of_release(release?)?;
    let arch = architecture?.name();
    let mut before: Option<Vec<Field>> = None;
    let mut found = None;
    for row in LAYOUTS.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = row.split('\t');
        let (row_arch, row_event) = (cells.next()?, cells.next()?);
        if (row_arch != arch && row_arch != "any") || row_event != event {
            continue;
        }
        let first = Version::of_release(cells.next()?)?;
        let last = Version::of_release(cells.next()?)?;
        let fields = fields_of(cells.next()?);
        if version < first {
            // Rows of an event are in the order of their kernels.
            found = before.take().map(|older| shared(older, &fields));
            break;
        }
        if version <= last {
            found = Some(fields);
            break;
        }
        before = Some(fields);
    }
    let own = found.or(before)?;
    let mut fields = fields_of(COMMON);
    fields.extend(own);
    Some(EventFormat {
        id: 0,
        name: event.to_owned(),
        fields,
        value_names: ValueNames::default(),
        origin: FormatOrigin::BuiltIn,
    })
}

/// The fields of two layouts that are the same in both.
fn shared(mut older: Vec<Field>, newer: &[Field]) -> Vec<Field> {
    older.retain(|field| newer.contains(field));
    older
}

fn fields_of(cell: &str) -> Vec<Field> {
    cell.split("; ").filter_map(field_of).collect()
}

/// Reads `exit_reason unsigned int 8 4`.
fn field_of(text: &str) -> Option<Field> {
    let (name, rest) = text.split_once(' ')?;
    let (rest, len) = rest.rsplit_once(' ')?;
    let (type_text, offset) = rest.rsplit_once(' ')?;
    let signed = ["int", "long", "pid_t", "s64"];
    Some(Field {
        name: name.to_owned(),
        type_text: type_text.to_owned(),
        offset: offset.parse().ok()?,
        len: len.parse().ok()?,
        is_signed: signed.contains(&type_text),
        shape: if type_text.ends_with(']') {
            FieldShape::Array
        } else {
            FieldShape::Number
        },
    })
}

/// A kernel's version, by which versions are ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Version([u32; 4]);

impl Version {
    /// Reads the numbers that a release begins with: `6.1.0-28-amd64` is 6.1.0.
    fn of_release(release: &str) -> Option<Self> {
        let end = release.find(|c: char| c != '.' && !c.is_ascii_digit());
        let numbers = release.get(..end.unwrap_or(release.len()))?;
        let mut version = [0; 4];
        let mut parts = numbers.split('.');
        for (slot, part) in version.iter_mut().zip(parts.by_ref()) {
            *slot = if part.is_empty() {
                0
            } else {
                part.parse().ok()?
            };
        }
        (version != [0; 4]).then_some(Self(version))
    }
}
