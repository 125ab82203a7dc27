//! Values, changes and sides in words, as tables, pictures and conditions say them.

use crate::before_after::Sides;
use crate::diff::comparison::{Comparison, Unit};
use crate::diff::sides::SideOrigin;
use crate::text::{counted, grouped, one_line, with_commas};

/// What is known of a side, in one line.
pub(crate) fn describe(origin: &SideOrigin) -> String {
    let name = one_line(&origin.name).into_owned();
    let parts: Vec<String> = std::iter::once(name).chain(facts(origin)).collect();
    parts.join(", ")
}

/// What is known of a side besides its name.
pub(crate) fn facts(origin: &SideOrigin) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(host) = &origin.host {
        parts.push(format!("host {}", one_line(host)));
    }
    if let Some(seconds) = origin.seconds {
        parts.push(format!("{seconds:.1} s"));
    }
    if let Some(event) = &origin.event {
        let rate = origin.frequency;
        let rate = rate.map_or(String::new(), |hertz| format!(" {} Hz", grouped(hertz)));
        // The settings of the event say the frequency once more.
        let event = event.split('/').next().unwrap_or(event);
        parts.push(format!("{}{rate}", one_line(event)));
    }
    if let Some(kernel) = &origin.kernel {
        parts.push(format!("Linux {}", one_line(kernel)));
    }
    if let Some(cpus) = origin.cpus {
        parts.push(counted(u64::from(cpus), "CPU"));
    }
    parts
}

/// How changes were tested, in one line.
pub(crate) fn noise(comparison: &Comparison) -> String {
    let model = if comparison.knows_times {
        "samples and slices of time"
    } else {
        "samples as if independent, for want of times"
    };
    let size = if comparison.least > 0.0 {
        let percent = (comparison.least * 1e6).round() / 1e4;
        format!(" of {percent} % of all and more")
    } else {
        String::new()
    };
    format!(
        "* marks changes{size} beyond the noise of {model}, with a risk of {:.2} % that any mark is \
         false",
        (1.0 - comparison.confidence) * 100.0
    )
}

/// A value with its unit.
pub(crate) fn value_words(value: f64, unit: Unit) -> String {
    let suffix = unit.suffix();
    if value == 0.0 {
        return format!("0{suffix}");
    }
    let digits = match value.abs() {
        size if size < 0.005 => return format!("<0.01{suffix}"),
        size if size < 1.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    format!("{}{suffix}", with_commas(&format!("{value:.digits$}")))
}

/// A difference with its unit and sign.
pub(crate) fn change_words(change: f64, unit: Unit) -> String {
    let digits = match change.abs() {
        size if size < 1.0 => 2,
        size if size < 1000.0 => 1,
        _ => 0,
    };
    let number = format!("{change:+.digits$}");
    // No sign before a zero.
    let is_zero = number
        .bytes()
        .all(|b| matches!(b, b'+' | b'-' | b'0' | b'.'));
    let number = if is_zero { "0" } else { &number };
    format!("{}{}", with_commas(number), unit.change_suffix())
}

/// The change in percent of the value before, or that it is new or gone.
pub(crate) fn relative_words(values: Sides<f64>) -> String {
    let Sides { before, after } = values;
    if before == 0.0 && after == 0.0 {
        return "-".to_owned();
    }
    if before == 0.0 {
        return "new".to_owned();
    }
    if after == 0.0 {
        return "gone".to_owned();
    }
    let percent = (after - before) / before * 100.0;
    if percent.abs() < 0.5 {
        return "0 %".to_owned();
    }
    if percent >= 1000.0 {
        return format!("x{}", with_commas(&format!("{:.0}", after / before)));
    }
    format!("{percent:+.0} %")
}
