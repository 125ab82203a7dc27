//! The table of `perf kvm stat report`, in perf's form.

use std::fmt::{self, Display, Formatter, Write as _};

use crate::kvm::exit::like_perf::{PerfRow, PerfTable};

/// The text that perf 6.1 prints, as messages, byte for byte; with its warning about records out of
/// order, and its complaints about reasons that it does not know.
///
/// Source: `print_result()`, `print_vcpu_info()`, `get_exit_reason()`, tools/perf/builtin-kvm.c;
/// `perf_session__warn_order()`, tools/perf/util/session.c; Linux 6.1.
pub fn as_text(table: &PerfTable) -> String {
    let mut text = String::new();
    if table.out_of_order > 0 {
        let records = table.out_of_order;
        text.push_str(&format!(
            "Warning:\n{records} out of order events recorded.\n"
        ));
    }
    text.push_str("\n\nAnalyze events for ");
    let pids: Vec<String> = table.request.pids.iter().map(ToString::to_string).collect();
    if pids.is_empty() {
        text.push_str("all VMs, ");
    } else {
        text.push_str(&format!("pid(s) {}, ", pids.join(",")));
    }
    match table.request.vcpu {
        None => text.push_str("all VCPUs:\n\n"),
        Some(vcpu) => text.push_str(&format!("VCPU {vcpu}:\n\n")),
    }
    text.push_str(&format!(
        "{:>20} {:>10} {:>9} {:>9} {:>11} {:>11} {:>16} \n\n",
        table.request.event.heading(),
        "Samples",
        "Samples%",
        "Time%",
        "Min Time",
        "Max Time",
        "Avg time",
    ));
    for row in &table.rows {
        write_row(&mut text, table, row);
    }
    text.push_str(&format!(
        "\nTotal Samples:{}, Total events handled time:{}us.\n\n",
        table.samples,
        Micros(as_f64(table.total_ns)),
    ));
    text
}

fn write_row(text: &mut String, table: &PerfTable, row: &PerfRow) {
    let name = row.name.as_deref().unwrap_or_else(|| {
        let code = row.code.cast_signed();
        text.push_str(&format!("unknown kvm exit code:{code} on {}\n", table.isa));
        "UNKNOWN"
    });
    // perf has room for 19 characters.
    let name = name.get(..19).unwrap_or(name);
    let (samples, total) = (as_f64(row.samples), as_f64(row.total_ns));
    let share_of_samples = Percent(samples / as_f64(table.samples) * 100.0);
    let share_of_time = Percent(total / as_f64(table.total_ns) * 100.0);
    // A string takes whatever is written.
    let _ = writeln!(
        text,
        "{name:>20} {:>10} {share_of_samples:>8}% {share_of_time:>8}% {:>9}us {:>9}us {:>9}us \
         ( +-{:>7}% )",
        row.samples,
        Micros(as_f64(row.shortest_ns)),
        Micros(as_f64(row.longest_ns)),
        Micros(total / samples),
        Percent(row.relative_error),
    );
}

/// Nanoseconds, shown as microseconds.
struct Micros(f64);

/// A number with two digits behind the point, as C prints it.
struct Percent(f64);

impl Display for Micros {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Percent(self.0 / 1e3).fmt(f)
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            // Nothing divided by nothing: on x86 that has a sign, which glibc shows.
            return f.pad("-nan");
        }
        f.pad(&format!("{:.2}", self.0))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "so does perf: a sum of more than 104 days loses its last bits"
)]
fn as_f64(number: u64) -> f64 {
    number as f64
}
