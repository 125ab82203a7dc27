//! Colours and short names of tags.
//!
//! The colours were found by a search that kept families of hue (guest blue, frequent exits warm,
//! what is no exit muted) and kept apart what people with full colour vision, protanopia,
//! deuteranopia and tritanopia see, by the CIEDE2000 difference after the matrices of Machado,
//! Oliveira and Fernandes, 2009. Least of all keep the pairs that often lie side by side: the tests
//! below say which, and by how much.

use super::kinds::CodeKind;
use crate::stack::Tag;
use crate::text::{push_format, push_number};

/// A colour as `0xrrggbb`.
pub(crate) type Rgb = u32;

/// Text on bright fills.
pub(crate) const DARK_INK: Rgb = 0x00_0000;
/// Text on the muted fills of the dark theme.
const LIGHT_INK: Rgb = 0xf2_f3f5;

/// How far the shades of a fill go towards white (light theme) or black (dark theme), in percent.
const LIGHT_SHADES: [u32; 3] = [0, 14, 28];
/// The same for the dark theme, in smaller steps: contrast with the text shrinks.
const DARK_SHADES: [u32; 3] = [0, 7, 14];

/// Which of the shades of a fill a box has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shade(usize);

/// All shades.
const SHADES: [Shade; 3] = [Shade(0), Shade(1), Shade(2)];

impl Shade {
    /// The plain colour, as in the legend.
    pub(crate) const PLAIN: Self = Self(0);

    /// A shade that depends on nothing but `name`, so that neighbours mostly differ.
    pub(crate) fn of(name: &str) -> Self {
        // FNV-1a. Its lowest bits depend on little; the upper half is mixed in.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        match (hash ^ (hash >> 32)) % 3 {
            0 => Self(0),
            1 => Self(1),
            _ => Self(2),
        }
    }
}

/// What the colours of boxes tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Colors {
    /// What the CPU does for a guest; of the host's own work, the kind of code.
    #[default]
    Tag,
    /// The kind of code: kernel, program, library, runtime.
    Object,
    /// Nothing: warm colours by the name, as other tools draw.
    Name,
}

/// What gives a box its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paint {
    /// Frames above the call chain, and the box for everything.
    Plain,
    /// A tag other than `host`.
    Tag(Tag),
    /// A kind of host code.
    Kind(CodeKind),
    /// The name alone.
    Name,
}

/// A colour in the light and in the dark theme.
#[derive(Clone, Copy, Debug)]
struct Fill {
    light: Rgb,
    dark: Rgb,
}

impl Fill {
    const fn new(light: Rgb, dark: Rgb) -> Self {
        Self { light, dark }
    }

    const fn same(both: Rgb) -> Self {
        Self::new(both, both)
    }
}

impl Paint {
    const fn fill(self) -> Fill {
        match self {
            Self::Plain => Fill::new(0xf4_f7f7, 0x3c_3e46),
            Self::Tag(tag) => fill_of_tag(tag),
            Self::Kind(kind) => fill_of_kind(kind),
            Self::Name => Fill::same(0xf0_9a4a),
        }
    }

    /// The colour of text on the fill of the dark theme.
    pub(crate) const fn dark_ink(self) -> Rgb {
        match self {
            Self::Tag(tag) if tag.is_exit() || matches!(tag, Tag::Guest) => DARK_INK,
            Self::Name => DARK_INK,
            Self::Plain | Self::Tag(_) | Self::Kind(_) => LIGHT_INK,
        }
    }

    /// The colour in the light theme.
    pub(crate) fn light(self, shade: Shade) -> Rgb {
        mixed(self.fill().light, 0xff_ffff, LIGHT_SHADES[shade.0])
    }

    /// The colour in the dark theme: shades go away from the colour of the text.
    pub(crate) fn dark(self, shade: Shade) -> Rgb {
        let away = if self.dark_ink() == DARK_INK {
            0xff_ffff
        } else {
            0
        };
        mixed(self.fill().dark, away, DARK_SHADES[shade.0])
    }

    /// The class of a box or swatch.
    pub(crate) fn class(self, shade: Shade) -> String {
        let mut class = String::new();
        self.push_class(shade, &mut class);
        class
    }

    /// Appends the class of a box or swatch.
    pub(crate) fn push_class(self, shade: Shade, text: &mut String) {
        match self {
            Self::Plain => text.push('n'),
            Self::Tag(tag) => {
                text.push('t');
                push_number(text, tag as u64);
            }
            Self::Kind(kind) => {
                text.push('k');
                push_number(text, kind as u64);
            }
            Self::Name => text.push('w'),
        }
        text.push(['a', 'b', 'c'][shade.0]);
    }

    /// The colour where style sheets are not read.
    pub(crate) fn plain_fill(self, shade: Shade) -> String {
        let mut fill = String::new();
        self.push_plain_fill(shade, &mut fill);
        fill
    }

    /// Appends the colour where style sheets are not read.
    pub(crate) fn push_plain_fill(self, shade: Shade, text: &mut String) {
        text.push('#');
        let colour = self.light(shade);
        for digit in (0..6).rev() {
            let digit = char::from_digit(colour >> (4 * digit) & 0xf, 16);
            text.push(digit.unwrap_or('0'));
        }
    }

    /// The paint of a tag, or of what carries none in pictures of tags alone.
    pub(crate) fn of_tag(tag: Option<Tag>) -> Self {
        match tag {
            Some(tag) if tag != Tag::Host => Self::Tag(tag),
            Some(_) | None => Self::Plain,
        }
    }
}

const fn fill_of_kind(kind: CodeKind) -> Fill {
    match kind {
        CodeKind::Kernel => Fill::new(0xe6_c7af, 0x6d_4b36),
        CodeKind::Program => Fill::new(0xec_e39a, 0x5c_5527),
        CodeKind::Library => Fill::new(0xd8_eada, 0x3a_5642),
        CodeKind::Runtime => Fill::new(0xf0_d9ff, 0x5e_4470),
        CodeKind::Unknown => Fill::new(0xd1_d7dc, 0x44_494e),
    }
}

const fn fill_of_tag(tag: Tag) -> Fill {
    match tag {
        Tag::Guest => Fill::same(0x4c_9dff),
        Tag::ExitPio => Fill::same(0xdb_385c),
        Tag::ExitMmio => Fill::same(0xf3_6c07),
        Tag::ExitApic => Fill::same(0xff_cd1d),
        Tag::ExitDoorbell => Fill::same(0x76_ac48),
        Tag::ExitMsr => Fill::same(0x50_6cea),
        Tag::ExitCpuid => Fill::same(0x00_94cc),
        Tag::ExitHlt => Fill::same(0x00_cc87),
        Tag::ExitIrq => Fill::same(0xf3_a4ba),
        Tag::ExitIrqWindow => Fill::same(0xe3_5d9d),
        Tag::ExitMemory => Fill::same(0x95_65a1),
        Tag::ExitReg => Fill::same(0x66_7f59),
        Tag::ExitHypercall => Fill::same(0xf9_ac3e),
        Tag::ExitException => Fill::same(0x5c_81fc),
        Tag::ExitTimer => Fill::same(0x9f_ac6e),
        Tag::ExitPause => Fill::same(0xf9_1c2f),
        Tag::ExitNested => Fill::same(0x2c_e374),
        Tag::ExitEmulate => Fill::same(0xcd_8bb8),
        Tag::ExitOther => Fill::same(0xad_713d),
        Tag::Entry => Fill::new(0x9b_9c94, 0x5c_5d56),
        Tag::Halt => Fill::new(0xa8_c0f6, 0x45_5580),
        Tag::Vmm => Fill::new(0x7b_848c, 0x47_525b),
        Tag::Io => Fill::new(0x82_796f, 0x5c_5448),
        Tag::Idle => Fill::new(0xdf_ecf7, 0x2b_2f36),
        Tag::Host => Paint::Plain.fill(),
    }
}

const fn mixed(colour: Rgb, with: Rgb, percent: u32) -> Rgb {
    let mut result = 0;
    let mut shift = 0;
    while shift < 24 {
        let (a, b) = ((colour >> shift) & 0xff, (with >> shift) & 0xff);
        result |= ((a * (100 - percent) + b * percent) / 100) << shift;
        shift += 8;
    }
    result
}

/// The plain colour of a tag.
pub(crate) const fn colour_of(tag: Tag) -> Rgb {
    fill_of_tag(tag).light
}

/// Rules for the classes of `paints`, in both themes.
pub(crate) fn rules(paints: &[Paint]) -> String {
    let (mut light, mut dark) = (String::new(), String::new());
    let push = |text: &mut String, class: &str, fill: Rgb, ink: Rgb| {
        push_format(
            text,
            format_args!(".vmflame .{class}{{--f:#{fill:06x};--t:#{ink:06x}}}"),
        );
    };
    for &paint in paints {
        for shade in SHADES {
            let class = paint.class(shade);
            push(&mut light, &class, paint.light(shade), DARK_INK);
            push(&mut dark, &class, paint.dark(shade), paint.dark_ink());
        }
        light.push('\n');
        dark.push('\n');
    }
    format!("{light}@media screen and (prefers-color-scheme:dark){{\n{dark}}}\n")
}

/// The tag in one or two words, for legends and subtitles; exits without the word "exit".
pub const fn short_words(tag: Tag) -> &'static str {
    match tag {
        Tag::Guest => "guest",
        Tag::ExitPio => "port I/O",
        Tag::ExitMmio => "MMIO",
        Tag::ExitApic => "APIC",
        Tag::ExitDoorbell => "doorbell",
        Tag::ExitMsr => "MSR",
        Tag::ExitCpuid => "CPUID",
        Tag::ExitHlt => "HLT",
        Tag::ExitIrq => "interrupt",
        Tag::ExitIrqWindow => "irq window",
        Tag::ExitMemory => "memory",
        Tag::ExitReg => "register",
        Tag::ExitHypercall => "hypercall",
        Tag::ExitException => "exception",
        Tag::ExitTimer => "timer",
        Tag::ExitPause => "pause loop",
        Tag::ExitNested => "nested",
        Tag::ExitEmulate => "emulation",
        Tag::ExitOther => "other",
        Tag::Entry => "guest entry",
        Tag::Halt => "halted",
        Tag::Vmm => "VMM",
        Tag::Io => "I/O work",
        Tag::Idle => "idle",
        Tag::Host => "host",
    }
}

#[cfg(test)]
#[path = "palette_tests.rs"]
mod tests;
