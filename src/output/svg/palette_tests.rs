//! The colours, as eyes of every kind see them.

use super::*;

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

fn all() -> Vec<Paint> {
    let tags = Tag::ALL.into_iter().filter(|&tag| tag != Tag::Host);
    let kinds = CodeKind::ALL.map(Paint::Kind);
    let others = [Paint::Plain, Paint::Name];
    tags.map(Paint::Tag).chain(kinds).chain(others).collect()
}

#[test]
fn text_can_be_read_on_every_fill_in_both_themes() {
    for paint in all() {
        for shade in SHADES {
            let on_light = contrast(paint.light(shade), DARK_INK);
            let on_dark = contrast(paint.dark(shade), paint.dark_ink());
            assert!(on_light >= 4.5, "{paint:?} {shade:?} light: {on_light:.2}");
            assert!(on_dark >= 4.5, "{paint:?} {shade:?} dark: {on_dark:.2}");
        }
    }
}

/// An exit that cannot be told from the paper is not seen at all.
#[test]
fn exits_and_guests_stand_out_from_the_paper_in_both_themes() {
    for tag in Tag::ALL
        .into_iter()
        .filter(|&tag| tag.is_exit() || tag == Tag::Guest)
    {
        let fill = fill_of_tag(tag);
        let (light, dark) = (
            contrast(fill.light, 0xff_ffff),
            contrast(fill.dark, 0x17_181c),
        );
        assert!(
            light >= 1.45 && dark >= 3.0,
            "{tag:?}: {light:.2} {dark:.2}"
        );
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

/// The CIEDE2000 difference of two colours in CIE L*a*b*.
///
/// Source: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", 2005.
fn difference(one: [f64; 3], two: [f64; 3]) -> f64 {
    let chroma = |a: f64, b: f64| a.hypot(b);
    let mean = f64::midpoint(chroma(one[1], one[2]), chroma(two[1], two[2]));
    let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
    let stretch = 1.0 + 0.5 * (1.0 - seventh(mean));
    let polar = |[_, a, b]: [f64; 3]| {
        let a = a * stretch;
        let hue = b.atan2(a).to_degrees().rem_euclid(360.0);
        (chroma(a, b), if chroma(a, b) > 0.0 { hue } else { 0.0 })
    };
    let ((c1, h1), (c2, h2)) = (polar(one), polar(two));
    let turn = match h2 - h1 {
        _ if c1 * c2 == 0.0 => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let hue = match h1 + h2 {
        sum if c1 * c2 == 0.0 => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let (light, chroma) = (f64::midpoint(one[0], two[0]), f64::midpoint(c1, c2));
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(hue - 30.0) + 0.24 * cos(2.0 * hue) + 0.32 * cos(3.0 * hue + 6.0)
        - 0.20 * cos(4.0 * hue - 63.0);
    let off = (light - 50.0).powi(2);
    let dl = (two[0] - one[0]) / (1.0 + 0.015 * off / (20.0 + off).sqrt());
    let dc = (c2 - c1) / (1.0 + 0.045 * chroma);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin() / (1.0 + 0.015 * chroma * t);
    let rotation = 30.0 * (-((hue - 275.0) / 25.0).powi(2)).exp();
    let cross = -2.0 * seventh(chroma) * (2.0 * rotation).to_radians().sin();
    (dl * dl + dc * dc + dh * dh + cross * dc * dh).sqrt()
}

/// Pairs of the paper that gives the formula.
#[test]
fn the_difference_is_that_of_the_published_pairs() {
    for (one, two, published) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0011], 7.2195),
        (
            [60.2574, -34.0099, 36.2677],
            [60.4626, -34.1751, 39.4387],
            1.2644,
        ),
        (
            [2.0776, 0.0795, -1.1350],
            [0.9033, -0.0636, -0.5514],
            0.9082,
        ),
    ] {
        let found = difference(one, two);
        assert!((found - published).abs() < 5e-5, "{found} {published}");
    }
}

/// The least difference for people with full colour vision, protanopia and deuteranopia.
fn least_difference(a: Rgb, b: Rgb) -> f64 {
    let seen = |eye| difference(lab(linear(a), eye), lab(linear(b), eye));
    EYES[..3].iter().map(seen).fold(f64::MAX, f64::min)
}

#[test]
fn colours_that_often_lie_side_by_side_differ_for_every_eye() {
    use Tag::{
        Entry, ExitApic, ExitEmulate, ExitHlt, ExitIrq, ExitMemory, ExitMmio, ExitMsr, ExitPio,
        Guest, Halt, Vmm,
    };
    let most = [Guest, ExitPio, ExitMmio, ExitApic, Entry];
    let often = [
        ExitEmulate,
        ExitMsr,
        ExitIrq,
        ExitMemory,
        ExitHlt,
        Halt,
        Vmm,
    ];
    let rank = |paint: Paint| match paint {
        Paint::Tag(tag) if most.contains(&tag) => 2,
        Paint::Tag(tag) if often.contains(&tag) => 1,
        Paint::Tag(_) | Paint::Plain | Paint::Kind(_) | Paint::Name => 0,
    };
    let all = all();
    let shown: Vec<Paint> = all.into_iter().filter(|&p| p != Paint::Name).collect();
    for (i, &a) in shown.iter().enumerate() {
        for &b in &shown[..i] {
            let least = match rank(a).min(rank(b)) {
                2 => 15.0,
                1 => 10.0,
                _ => 4.0,
            };
            let found = least_difference(a.fill().light, b.fill().light);
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
