//! Colours and short names of tags.
//!
//! The colours were found by a search that kept families of hue (guest green, exits saturated, all
//! else muted) and maximised the smallest distance between any two, as people with full colour
//! vision, protanopia, deuteranopia and tritanopia see them (CIE 1976 distance after the matrices
//! of Machado, Oliveira and Fernandes, 2009): at least 9 between any two, more than 15 between any
//! two of the frequent ones.

use crate::stack::Tag;
use crate::text::push_format;

/// A colour as `0xrrggbb`.
type Rgb = u32;

/// Text on bright fills.
const DARK_INK: Rgb = 0x00_0000;
/// Text on the muted fills of the dark theme.
const LIGHT_INK: Rgb = 0xf2_f3f5;

/// How far the shades of a fill go towards white (light theme) or black (dark theme), in percent.
const LIGHT_SHADES: [u32; 3] = [0, 14, 28];
/// The same for the dark theme, in smaller steps: contrast with the text shrinks.
const DARK_SHADES: [u32; 3] = [0, 7, 14];

/// Which of the shades of a fill a box has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shade(usize);

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

/// The fill of a tag, or of boxes that carry none, in the light and in the dark theme.
const fn fills(tag: Option<Tag>) -> (Rgb, Rgb) {
    let Some(tag) = tag else {
        return (0xdb_d7c8, 0x45_464d);
    };
    let same = match tag {
        Tag::Guest => 0x40_aa55,
        Tag::ExitPio => 0xff_4541,
        Tag::ExitMmio => 0xff_8500,
        Tag::ExitApic => 0xf3_ef18,
        Tag::ExitDoorbell => 0xac_f775,
        Tag::ExitMsr => 0x68_85ef,
        Tag::ExitCpuid => 0x6d_ccfb,
        Tag::ExitHlt => 0x73_b9ab,
        Tag::ExitIrq => 0xef_9ab1,
        Tag::ExitIrqWindow => 0xf1_bdd7,
        Tag::ExitMemory => 0xab_78c2,
        Tag::ExitReg => 0x9a_cf61,
        Tag::ExitHypercall => 0xed_d547,
        Tag::ExitException => 0x93_a5fe,
        Tag::ExitTimer => 0xa4_b826,
        Tag::ExitPause => 0xee_5978,
        Tag::ExitNested => 0x5f_ffa3,
        Tag::ExitEmulate => 0xf8_d0ff,
        Tag::ExitOther => 0xd6_a778,
        Tag::Entry => return (0x8c_8d7a, 0x5f_604f),
        Tag::Halt => return (0xa4_adca, 0x49_5270),
        Tag::Vmm => return (0x6f_90a1, 0x2f_5668),
        Tag::Io => return (0xc6_b399, 0x66_5335),
        Tag::Idle => return (0xe7_eff5, 0x2b_2f36),
        Tag::Host => return fills(None),
    };
    (same, same)
}

/// The colour of text on a fill of the dark theme.
const fn dark_ink(tag: Option<Tag>) -> Rgb {
    match tag {
        Some(tag) if tag.is_exit() || matches!(tag, Tag::Guest) => DARK_INK,
        Some(_) | None => LIGHT_INK,
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

fn light(tag: Option<Tag>, shade: Shade) -> Rgb {
    mixed(fills(tag).0, 0xff_ffff, LIGHT_SHADES[shade.0])
}

fn dark(tag: Option<Tag>, shade: Shade) -> Rgb {
    mixed(fills(tag).1, 0, DARK_SHADES[shade.0])
}

/// The class of a box or swatch: `n0` to `n2` without a tag, `t0a` and so on with one.
pub(crate) fn class(tag: Option<Tag>, shade: Shade) -> String {
    let letter = ["a", "b", "c"][shade.0];
    match tag {
        Some(tag) if tag != Tag::Host => format!("t{}{letter}", tag as usize),
        Some(_) | None => format!("n{letter}"),
    }
}

/// The colour where style sheets are not read.
pub(crate) fn plain_fill(tag: Option<Tag>, shade: Shade) -> String {
    format!("#{:06x}", light(tag, shade))
}

/// The plain colour of a tag.
pub(crate) const fn colour_of(tag: Tag) -> Rgb {
    fills(Some(tag)).0
}

/// Rules for the classes of `tags` and of boxes without a tag, in both themes.
pub(crate) fn rules(tags: &[Tag]) -> String {
    let tags = tags.iter().filter(|&&tag| tag != Tag::Host).copied();
    let all: Vec<Option<Tag>> = std::iter::once(None).chain(tags.map(Some)).collect();
    let mut text = String::new();
    for &tag in &all {
        for shade in [Shade(0), Shade(1), Shade(2)] {
            push_format(
                &mut text,
                format_args!(
                    ".{}{{--f:#{:06x};--t:#{DARK_INK:06x}}}",
                    class(tag, shade),
                    light(tag, shade)
                ),
            );
        }
        text.push('\n');
    }
    text.push_str("@media(prefers-color-scheme:dark){\n");
    for &tag in &all {
        for shade in [Shade(0), Shade(1), Shade(2)] {
            push_format(
                &mut text,
                format_args!(
                    ".{}{{--f:#{:06x};--t:#{:06x}}}",
                    class(tag, shade),
                    dark(tag, shade),
                    dark_ink(tag)
                ),
            );
        }
        text.push('\n');
    }
    text.push_str("}\n");
    text
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
mod tests {
    use super::*;

    const SHADES: [Shade; 3] = [Shade(0), Shade(1), Shade(2)];

    fn linear(colour: Rgb) -> [f64; 3] {
        [16, 8, 0].map(|shift| {
            let c = f64::from((colour >> shift) & 0xff) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    /// Contrast ratio, WCAG 2.2.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let [a, b] = [a, b].map(|colour| {
            let [r, g, b] = linear(colour);
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        });
        a.max(b) / a.min(b)
    }

    fn all() -> Vec<Option<Tag>> {
        let mut all: Vec<_> = Tag::ALL.into_iter().map(Some).collect();
        all.push(None);
        all
    }

    #[test]
    fn text_can_be_read_on_every_fill_in_both_themes() {
        for tag in all() {
            for shade in SHADES {
                let on_light = contrast(light(tag, shade), DARK_INK);
                let on_dark = contrast(dark(tag, shade), dark_ink(tag));
                assert!(on_light >= 4.5, "{tag:?} {shade:?} light: {on_light:.2}");
                assert!(on_dark >= 4.5, "{tag:?} {shade:?} dark: {on_dark:.2}");
            }
        }
    }

    /// `linear` colour as the eye of that kind sees it, in CIE L*a*b*.
    fn lab(linear: [f64; 3], eye: &[[f64; 3]; 3]) -> [f64; 3] {
        let product = |m: &[[f64; 3]; 3], v: [f64; 3]| {
            [0, 1, 2].map(|row| m[row][0] * v[0] + m[row][1] * v[1] + m[row][2] * v[2])
        };
        let seen = product(eye, linear).map(|c| c.clamp(0.0, 1.0));
        let xyz = product(
            &[
                [0.4124, 0.3576, 0.1805],
                [0.2126, 0.7152, 0.0722],
                [0.0193, 0.1192, 0.9505],
            ],
            seen,
        );
        let [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map(|t: f64| {
            if t > 0.008_856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Source: Machado, Oliveira, Fernandes 2009, table 1, severity 1.0.
    const EYES: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn least_distance(a: Rgb, b: Rgb) -> f64 {
        let distance = |eye| {
            let (a, b) = (lab(linear(a), eye), lab(linear(b), eye));
            (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
        };
        EYES.iter().map(distance).fold(f64::MAX, f64::min)
    }

    #[test]
    fn colour_blind_people_can_tell_any_two_tags_apart() {
        use Tag::{ExitApic, ExitEmulate, ExitIrq, ExitMemory, ExitMmio, ExitMsr, ExitPio, Guest};
        let frequent = [
            Guest,
            ExitPio,
            ExitMmio,
            ExitApic,
            ExitMsr,
            ExitIrq,
            ExitMemory,
            ExitEmulate,
        ];
        let differing = Tag::ALL.map(Some);
        for (i, &a) in differing.iter().enumerate() {
            for &b in &differing[..i] {
                let often = [a, b]
                    .into_iter()
                    .flatten()
                    .all(|tag| frequent.contains(&tag));
                let least = if often { 15.0 } else { 9.0 };
                let found = least_distance(fills(a).0, fills(b).0);
                assert!(found >= least, "{a:?} {b:?}: {found:.1}");
            }
        }
    }

    #[test]
    fn a_shade_depends_on_the_name_alone() {
        assert_eq!(Shade::of("vmx_handle_exit"), Shade::of("vmx_handle_exit"));
        let used: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(Shade::of).to_vec();
        assert!(SHADES.iter().all(|shade| used.contains(shade)));
    }
}
