//! How numbers of pixels are written.

use crate::text::{push_format, push_last_digits, push_number, trim_fraction};

/// Appends to a thousandth of a pixel: zooms up to a sixtieth of the width show what is written,
/// and the script makes the places of those beyond.
pub(crate) fn push_pixels(text: &mut String, pixels: f64) {
    let Some(number) = thousandths(pixels) else {
        let before = text.len();
        push_format(text, format_args!("{pixels:.3}"));
        let point = text.get(before..).and_then(|number| number.find('.'));
        return trim_fraction(text, before + point.unwrap_or_default());
    };
    push_number(text, number / 1000);
    let (digits, places) = match number % 1000 {
        0 => return,
        tenths if tenths % 100 == 0 => (tenths / 100, 1),
        hundredths if hundredths % 10 == 0 => (hundredths / 10, 2),
        thousandths => (thousandths, 3),
    };
    text.push('.');
    push_last_digits(text, digits, places);
}

/// A number of pixels in thousandths, rounded; `None` where one that rounds to them might not be what
/// is nearest to the exact number: those are left to the exact way, which takes ten times as long.
fn thousandths(pixels: f64) -> Option<u64> {
    // Products below this are exact to less than a hundredth.
    const MOST: f64 = 1e12;
    let exact = pixels * 1000.0;
    let fraction = exact.fract();
    let is_clear = (0.0..MOST).contains(&exact) && (fraction - 0.5).abs() > 0.01;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and at most a bit more than the limit"
    )]
    is_clear.then(|| exact.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::super::measures::FRAMES_WIDTH;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The short way writes what formatting does, which is exact; also where that is a matter of the
        /// last bit.
        #[test]
        fn pixels_are_written_as_they_are_rounded(
            weight in 0..1_u64 << 53,
            total in 1..1_u64 << 53,
            half in 0..2_400_000_u32,
        ) {
            let scaled = weight.min(total) as f64 * (FRAMES_WIDTH / total as f64);
            for pixels in [scaled, f64::from(half) / 2000.0, weight as f64] {
                let mut text = String::from("x");
                push_pixels(&mut text, pixels);
                let exact = format!("x{pixels:.3}");
                prop_assert_eq!(text, exact.trim_end_matches('0').trim_end_matches('.'));
            }
        }
    }
}
