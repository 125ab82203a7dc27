//! A tracepoint's format: the text that the kernel keeps in tracefs, read.

use super::field::{Field, FieldShape};
use super::value_names::ValueNames;

/// Where a format comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FormatOrigin {
    /// The recorder copied it from the kernel that it recorded.
    Recorded,
    /// From this program's table of layouts by kernel version: an assumption.
    BuiltIn,
    /// Nothing but the name is known: the source is a text that spells the values out.
    NameOnly,
}

/// What the payloads of one tracepoint hold.
#[derive(Clone, Debug)]
pub struct EventFormat {
    /// The number by which events and payloads refer to it.
    pub id: u64,
    /// `system:name`, as in `kvm:kvm_exit`.
    pub name: String,
    /// The fields, in the order of the text; those that begin with `common_` first.
    pub fields: Vec<Field>,
    /// What its values are called, from the text's `print fmt`.
    pub value_names: ValueNames,
    /// Where the fields come from.
    pub origin: FormatOrigin,
}

impl EventFormat {
    /// Reads a format text, the content of `events/SYSTEM/NAME/format` in tracefs.
    ///
    /// `None` when it names no tracepoint. Lines of fields that make no sense are left out.
    ///
    /// Source: `f_show()`, `__print_fmt`, `kernel/trace/trace_events.c`, Linux 6.12.
    pub fn parse(system: &str, text: &str) -> Option<Self> {
        let value = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
        let name = value("name:")?.trim();
        let id = value("ID:")?.trim().parse().ok()?;
        let lines = text.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("field:")
                .or_else(|| line.strip_prefix("field special:"))
        });
        let fields: Vec<Field> = lines.filter_map(parse_field).collect();
        let print_fmt = value("print fmt:").unwrap_or_default();
        Some(Self {
            id,
            name: format!("{system}:{name}"),
            value_names: ValueNames::parse(print_fmt, &fields),
            fields,
            origin: FormatOrigin::Recorded,
        })
    }

    /// A format of which nothing but the name is known.
    pub fn of_name(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            fields: Vec::new(),
            value_names: ValueNames::default(),
            origin: FormatOrigin::NameOnly,
        }
    }

    /// The field of a name; `None` when this kernel's tracepoint has none.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Reads what stands behind `field:`, as in
/// `unsigned int exit_reason; offset:8; size:4; signed:0;` (with tabs between).
fn parse_field(line: &str) -> Option<Field> {
    let mut parts = line.split(';').map(str::trim);
    let declaration = parts.next()?;
    let (mut offset, mut len, mut sign) = (None, None, None);
    for part in parts {
        match part.split_once(':') {
            Some(("offset", value)) => offset = value.trim().parse().ok(),
            Some(("size", value)) => len = value.trim().parse().ok(),
            Some(("signed", value)) => sign = Some(value.trim() != "0"),
            _ => {}
        }
    }
    let Declaration { name, type_text } = Declaration::split(declaration)?;
    let len = len?;
    let shape = if type_text.starts_with("__data_loc ") {
        FieldShape::Dynamic
    } else if type_text.starts_with("__rel_loc ") {
        FieldShape::Relative
    } else if type_text.ends_with(']') || !matches!(len, 1 | 2 | 4 | 8) {
        FieldShape::Array
    } else {
        FieldShape::Number
    };
    Some(Field {
        name,
        is_signed: sign.unwrap_or_else(|| has_sign(&type_text)),
        type_text,
        offset: offset?,
        len,
        shape,
    })
}

/// A field's declaration in C.
struct Declaration {
    name: String,
    type_text: String,
}

impl Declaration {
    /// Splits `char prev_comm[16]` into `prev_comm` and `char[16]`; `__u8[15] insn` is an array too.
    fn split(text: &str) -> Option<Self> {
        let (front, dimension) = match text.find('[') {
            Some(at) if text.ends_with(']') => text.split_at(at),
            _ => (text, ""),
        };
        let front = front.trim_end();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let name_at = front.trim_end_matches(is_part).len();
        let (type_text, name) = front.split_at(name_at);
        let type_text = type_text.trim_end();
        if name.is_empty() || type_text.is_empty() {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            type_text: format!("{type_text}{dimension}"),
        })
    }
}

/// Whether numbers of a type have a sign, for the formats of kernels before 2.6.31, which do not
/// say. `char` counts as unsigned: it holds text.
fn has_sign(type_text: &str) -> bool {
    let first = type_text.split(' ').next().unwrap_or_default();
    matches!(
        first,
        "int" | "long" | "short" | "signed" | "pid_t" | "s8" | "s16" | "s32" | "s64" | "ssize_t"
    )
}
