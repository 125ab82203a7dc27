//! Distribution functions that the tests of significance need.

/// Natural logarithm of the gamma function, for positive `x`.
///
/// Source: Lanczos' approximation with g = 7 and nine terms (Godfrey 2001); relative error below
/// 1e-13 for the arguments used here.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut divisor = x;
    for term in TERMS {
        divisor += 1.0;
        sum += term / divisor;
    }
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Regularised incomplete beta function, by its continued fraction (Lentz's method).
///
/// Source: Abramowitz and Stegun, 26.5.8.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    let guard = |value: f64| {
        if value.abs() < 1e-300 { 1e-300 } else { value }
    };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..2000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    (front.exp() * fraction / a).clamp(0.0, 1.0)
}

/// Probability that Student's t with `freedom` degrees of freedom is at least as far from 0 as `t`.
pub(crate) fn t_two_sided(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// Density of Student's t with `freedom` degrees of freedom.
fn t_density(t: f64, freedom: f64) -> f64 {
    let scale = ln_gamma(0.5 * (freedom + 1.0)) - ln_gamma(0.5 * freedom);
    let decay = 0.5 * (freedom + 1.0) * (t * t / freedom).ln_1p();
    (scale - decay).exp() / (freedom * std::f64::consts::PI).sqrt()
}

/// The value that Student's t exceeds in size with probability `1 - confidence`.
///
/// Newton's method: the probability is a convex falling function, so that steps from 0 come nearer
/// and never pass the value. A tenth of the work of halving an interval as often as it takes.
pub(crate) fn t_quantile(confidence: f64, freedom: f64) -> f64 {
    let outside = 1.0 - confidence;
    let mut t = 0.0;
    for _ in 0..200 {
        let slope = 2.0 * t_density(t, freedom);
        let step = (t_two_sided(t, freedom) - outside) / slope;
        if !(step > 1e-10 * (1.0 + t) && step.is_finite()) {
            break;
        }
        t += step;
    }
    t
}

/// Fisher's exact test: `a` of `n` against `b` of `m` draws; twice the smaller tail.
pub(crate) fn fisher_two_sided(a: u64, n: u64, b: u64, m: u64) -> f64 {
    let (drawn, all) = ((a + b) as f64, (n + m) as f64);
    let (a, n, m) = (a as f64, n as f64, m as f64);
    if drawn == 0.0 || n == 0.0 || m == 0.0 || drawn >= all {
        return 1.0;
    }
    let choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let mut term = (choose(n, a) + choose(m, drawn - a) - choose(all, drawn)).exp();
    let mut tail = term;
    let is_upper = a > drawn * n / all;
    let mut k = a;
    // Terms shrink from the mean outwards.
    while term > tail * 1e-16 {
        if is_upper {
            term *= (n - k) * (drawn - k) / ((k + 1.0) * (m - drawn + k + 1.0));
            k += 1.0;
        } else {
            term *= k * (m - drawn + k) / ((n - k + 1.0) * (drawn - k + 1.0));
            k -= 1.0;
        }
        if term <= 0.0 {
            break;
        }
        tail += term;
    }
    (2.0 * tail).min(1.0)
}

/// Exact test of two Poisson counts with exposures in the proportion `part` to `1 - part`: twice
/// the smaller tail of the binomial distribution of `a` among `a + b`.
pub(crate) fn binomial_two_sided(a: u64, b: u64, part: f64) -> f64 {
    let (a, b) = (a as f64, b as f64);
    if a + b == 0.0 {
        return 1.0;
    }
    let tail = if a > (a + b) * part {
        incomplete_beta(part, a, b + 1.0)
    } else {
        incomplete_beta(1.0 - part, b, a + 1.0)
    };
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-4 * expected.abs().max(1e-12),
            "{found} is not {expected}"
        );
    }

    /// Factorials, and the square root of pi.
    #[test]
    fn the_gamma_function_extends_factorials() {
        near(ln_gamma(6.0), 120.0_f64.ln());
        near(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln());
        near(ln_gamma(171.0), 706.573_062_245_787_4);
    }

    /// Values of printed tables of Student's distribution: 2.228 and 3.169 for 10 degrees,
    /// 63.657 and 12.924 for 1 and 3; 4.892 of the normal distribution.
    #[test]
    fn students_distribution_agrees_with_printed_tables() {
        assert!((t_quantile(0.95, 10.0) - 2.228).abs() < 5e-4);
        assert!((t_quantile(0.99, 10.0) - 3.169).abs() < 5e-4);
        assert!((t_quantile(0.99, 1e9) - 2.576).abs() < 5e-4);
        assert!((t_quantile(0.99, 1.0) - 63.657).abs() < 5e-3);
        assert!((t_quantile(0.999, 3.0) - 12.924).abs() < 5e-3);
        assert!((t_quantile(0.999_999, 1e9) - 4.892).abs() < 5e-4);
        assert!((t_quantile(0.5, 5.0) - 0.727).abs() < 5e-4);
        near(t_two_sided(12.706_2, 1.0), 0.05);
    }

    /// Fisher's tea: 3 of 4 against 1 of 4 has an upper tail of 17/70; all of 4 against none 1/70.
    #[test]
    fn fishers_tea_tasting_comes_out() {
        near(fisher_two_sided(3, 4, 1, 4), 34.0 / 70.0);
        near(fisher_two_sided(4, 4, 0, 4), 2.0 / 70.0);
        near(fisher_two_sided(0, 4, 4, 4), 2.0 / 70.0);
        near(fisher_two_sided(0, 10, 0, 10), 1.0);
    }

    /// Ten heads in a row: 2 / 1024.
    #[test]
    fn ten_heads_in_a_row_are_rare() {
        near(binomial_two_sided(10, 0, 0.5), 2.0 / 1024.0);
        near(binomial_two_sided(0, 10, 0.5), 2.0 / 1024.0);
        near(binomial_two_sided(3, 1, 0.5), 10.0 / 16.0);
        near(binomial_two_sided(2, 0, 0.25), 2.0 / 16.0);
    }
}
