//! The text of an event to its values.

use hashbrown::HashMap;

use super::forms::FORMS;
use super::named_values::NamedValues;
use super::template::{FormFit, FormStep, matches, parse_form};

/// The compiled forms of all tracepoints, by name.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    forms: HashMap<&'static str, Vec<Vec<FormStep>>>,
}

impl Reader {
    pub(super) fn new() -> Self {
        let forms = FORMS.iter().map(|known| {
            let forms = known.forms.iter();
            (
                known.name,
                forms.filter_map(|form| parse_form(form)).collect(),
            )
        });
        Self {
            forms: forms.collect(),
        }
    }

    /// The values of an event; `None` when the text has none of its forms.
    pub(super) fn read<'t>(&self, event: &str, text: &'t str) -> Option<NamedValues<'t>> {
        let mut best: Option<NamedValues<'t>> = None;
        for form in self.forms.get(event)? {
            let mut values = NamedValues::default();
            let fit = matches(form, text, &mut values);
            let most = best.as_ref().map_or(0, NamedValues::len);
            if fit != FormFit::No && values.len() > most {
                best = Some(values);
            }
            if fit == FormFit::Whole {
                break;
            }
        }
        let mut values = match best {
            Some(values) => values,
            None => plain_fields(text)?,
        };
        derive(event, text, &mut values);
        Some(values)
    }

    /// How many values an event's text tells; `None` for an event whose values nobody reads.
    pub(super) fn count(&self, event: &str, text: &str) -> Option<usize> {
        self.forms.get(event)?;
        Some(self.read(event, text).map_or(0, |values| values.len()))
    }
}

/// What is told by what is printed, and is no value of its own.
fn derive(event: &str, text: &str, values: &mut NamedValues<'_>) {
    match event {
        "kvm:kvm_emulate_insn" => {
            let is_failed = text.ends_with(" failed") || text.ends_with(" FAIL");
            if values.number("failed").is_none() {
                values.add("failed", u64::from(is_failed));
            }
        }
        // The message as its sender wrote it.
        // Source: `kvm_msi_set_irq`, `include/trace/events/kvm.h`, Linux 6.12.
        "kvm:kvm_msi_set_irq" => {
            if let (Some(target), Some(vector)) = (values.number("dst"), values.number("vec")) {
                let bit = |name, shift| values.number(name).unwrap_or(0) << shift;
                let place = 0xfee << 20 | (target & 0xff) << 12 | (target & 0xffff_ff00) << 32;
                let address = place | bit("logical", 2);
                let message = vector & 0xff | bit("delivery", 8) | bit("level", 15);
                values.add("address", address);
                values.add("data", message);
            }
        }
        _ => {}
    }
}

/// Fields whose numbers are hexadecimal without `0x` where `trace-cmd report -R` prints them.
const HEXADECIMAL: [&str; 10] = [
    "ecx", "function", "index", "rax", "rbx", "rcx", "rdx", "rip", "apicid", "csbase",
];

/// Reads `name=value` pairs, as `trace-cmd report -R` and the kernel's option `fields` print them.
fn plain_fields(text: &str) -> Option<NamedValues<'_>> {
    let mut values = NamedValues::default();
    let starts: Vec<usize> = text.match_indices('=').map(|(at, _)| at).collect();
    for (ix, &at) in starts.iter().enumerate() {
        let name = last_word(text.get(..at)?);
        // The value ends where the word before the next equals sign begins.
        let end = match starts.get(ix + 1) {
            Some(&next) => next - last_word(text.get(..next)?).len(),
            None => text.len(),
        };
        let value = text.get(at + 1..end).unwrap_or_default().trim_end();
        if name.is_empty() {
            continue;
        }
        if name.ends_with("comm") {
            values.add_text(name, value);
            continue;
        }
        let first = value.split(' ').next().unwrap_or_default();
        let is_hex = HEXADECIMAL.contains(&name) || is_old_info(name);
        if let Some(value) = plain_number(first, is_hex) {
            values.add(name, value);
        }
    }
    (!values.is_empty()).then_some(values)
}

/// `info1` and `info2` came without `0x` until Linux 5.9.
fn is_old_info(name: &str) -> bool {
    matches!(name, "info1" | "info2")
}

fn plain_number(text: &str, is_hex: bool) -> Option<u64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok();
    }
    if is_hex {
        return u64::from_str_radix(text, 16).ok();
    }
    let signed = text.parse::<i64>().map(i64::cast_unsigned);
    signed.or_else(|_| text.parse()).ok()
}

fn last_word(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let front = text.trim_end_matches(is_part);
    text.get(front.len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &str, text: &str) -> String {
        let reader = Reader::new();
        let Some(values) = reader.read(event, text) else {
            return "nothing".to_owned();
        };
        let numbers = values.numbers();
        let mut all: Vec<String> = numbers
            .map(|one| format!("{}={:#x}", one.name, one.value))
            .collect();
        for name in ["exit_reason", "next_comm"] {
            all.extend(values.text(name).map(|text| format!("{name}={text}")));
        }
        all.sort();
        all.join(" ")
    }

    /// The forms of `kvm_exit`: Linux 2.6.32, 3.4, 5.4, 5.10, libtraceevent's plugin, arm64, riscv.
    #[test]
    fn exits_are_read_in_every_form() {
        let exit = |text: &str| told("kvm:kvm_exit", text);
        assert_eq!(
            exit("reason HLT rip 0x7c00"),
            "exit_reason=HLT guest_rip=0x7c00"
        );
        assert_eq!(
            exit("reason IO_INSTRUCTION rip 0x7c00 info 6080003 0"),
            "exit_reason=IO_INSTRUCTION guest_rip=0x7c00 info1=0x6080003 info2=0x0"
        );
        assert_eq!(
            exit("vcpu 3 reason EPT_VIOLATION FAILED_VMENTRY rip 0x7c00 info 10 20"),
            "exit_reason=EPT_VIOLATION FAILED_VMENTRY guest_rip=0x7c00 info1=0x10 info2=0x20 \
             vcpu_id=0x3"
        );
        assert_eq!(
            exit(
                "vcpu 0 reason PF excp rip 0x10205 info1 0x0000000000200010 info2 \
                 0x0000000000010207 intr_info 0x00000020 error_code 0x00000001"
            ),
            "error_code=0x1 exit_reason=PF excp guest_rip=0x10205 info1=0x200010 info2=0x10207 \
             intr_info=0x20 vcpu_id=0x0"
        );
        let arm = "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0xffffb89c3a6325d8";
        let fields = "esr_ec=0x24 ret=0x2 vcpu_pc=0xffffb89c3a6325d8";
        assert_eq!(exit(arm), fields);
        assert_eq!(exit(&format!("<CANT FIND FIELD exit_reason>{arm}")), fields);
        let riscv = "SEPC:0x80, SCAUSE:0x15, STVAL:0x1, HTVAL:0x2, HTINST:0x3";
        assert_eq!(exit(riscv), "htval=0x2 scause=0x15 sepc=0x80 stval=0x1");
    }

    /// A number that was cut is none, where the kernel prints so many digits.
    #[test]
    fn cut_numbers_are_left_out() {
        let cut = "vcpu 0 reason io rip 0x10205 info1 0x0000000000200010 info2 0x00000000000";
        assert_eq!(
            told("kvm:kvm_exit", cut),
            "exit_reason=io guest_rip=0x10205 info1=0x200010 vcpu_id=0x0"
        );
        assert_eq!(told("kvm:kvm_exit", "reason"), "nothing");
        assert_eq!(told("kvm:kvm_pio", "pio_read at"), "nothing");
    }

    /// Names of tasks hold spaces, colons and equals signs.
    #[test]
    fn switches_are_read_in_every_form() {
        let fields =
            "next_comm=a=b c next_pid=0x3 next_prio=0x78 prev_pid=0x2f1 prev_prio=0x78 prev_state=";
        assert_eq!(
            told(
                "sched:sched_switch",
                "prev_comm=CPU 0/KVM prev_pid=753 prev_prio=120 prev_state=R+ ==> next_comm=a=b c \
                 next_pid=3 next_prio=120"
            ),
            format!("{fields}0x100")
        );
        let plugin = "CPU 0/KVM:753 [120] S ==> kworker/0:2:31855 [120]";
        assert_eq!(
            told("sched:sched_switch", plugin),
            "next_comm=kworker/0:2 next_pid=0x7c6f next_prio=0x78 prev_pid=0x2f1 prev_prio=0x78 \
             prev_state=0x1"
        );
        assert_eq!(
            told(
                "sched:sched_wakeup",
                "kvm-pit/24141:24144 [120]<CANT FIND FIELD success> CPU:001"
            ),
            "pid=0x5e50 prio=0x78 target_cpu=0x1"
        );
    }

    /// Values that are told by words, by their negative, and in pairs.
    #[test]
    fn words_and_pairs_are_read() {
        let exit = |text: &str| told("kvm:kvm_userspace_exit", text);
        assert_eq!(exit("reason KVM_EXIT_IO (2)"), "reason=0x2");
        assert_eq!(
            exit("reason restart (4)"),
            "errno=0xfffffffffffffffc reason=0x0"
        );
        assert_eq!(exit("reason=2 errno=0"), "errno=0x0 reason=0x2");
        assert_eq!(
            told("kvm:kvm_msr", "msr_write 6e0 = 0x4758 (#GP)"),
            "data=0x4758 ecx=0x6e0 exception=0x1 write=0x1"
        );
        assert_eq!(
            told(
                "kvm:kvm_pio",
                "rw=0x0 (0) port=0x608 (1544) size=0x4 (4) count=0x1 (1)"
            ),
            "count=0x1 port=0x608 rw=0x0 size=0x4"
        );
        assert_eq!(
            told("kvm:kvm_cpuid", "function=10 index=1 rax=d"),
            "function=0x10 index=0x1 rax=0xd"
        );
        assert_eq!(
            told("kvm:kvm_apic", "apic_read APIC_TMCCT = 0xea06f91a"),
            "reg=0x390 rw=0x0 val=0xea06f91a"
        );
        assert_eq!(
            told(
                "kvm:kvm_halt_poll_ns",
                "vcpu 0: halt_poll_ns 0 (shrink 10000)"
            ),
            "grow=0x0 new=0x0 old=0x2710 vcpu_id=0x0"
        );
    }
}
