//! `vmflame advise` on real captures. What each capture is, its README says: which guest runs there,
//! what it polls, how the host is set.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::shared::shared;

/// What the program says of captures.
struct Advice {
    code: Option<i32>,
    text: String,
}

impl Advice {
    fn of(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
        command.arg("advise").args(arguments).stdin(Stdio::null());
        command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
        let done = command.output().unwrap();
        Self {
            code: done.status.code(),
            text: String::from_utf8(done.stdout).unwrap(),
        }
    }

    /// The names of the rules that speak: `1. title [name]`, `- title [name]`.
    fn rules(&self) -> Vec<&str> {
        let heads = self.text.lines().filter(|line| {
            line.starts_with("- ") || line.starts_with(|c: char| c.is_ascii_digit())
        });
        let names = heads.filter_map(|line| line.strip_suffix(']')?.rsplit_once('['));
        names.map(|(_, name)| name).collect()
    }

    fn costs(&self) -> bool {
        !self
            .text
            .contains("nothing found that costs the guests much time")
    }
}

/// Advice on captures of the folder that is no part of the repository.
fn on_shared(captures: &[&str]) -> Option<Advice> {
    let paths: Option<Vec<String>> = captures
        .iter()
        .map(|capture| {
            let path = shared(&format!("captures/{capture}"))?;
            Some(path.to_str()?.to_owned())
        })
        .collect();
    let paths = paths?;
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Some(Advice::of(&paths))
}

fn testdata(case: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(case).to_str().unwrap().to_owned()
}

/// The guest "bad" polls the PM timer and the APIC; its VM is called win10-bad, and nothing else
/// tells what it runs.
#[test]
fn the_bad_guest_on_amd_gets_a_clock_and_an_apic() {
    for capture in [
        "svm/badst-fp/badst-fp.kvm.data.zst",
        "svm/badst-fp/badst-fp.kvmstat.data.zst",
        "svm/badst-debian/badst-debian.kvm.data.zst",
        "svm/bad-fp/bad-fp.kvmstat-p.data.zst",
    ] {
        let Some(advice) = on_shared(&[capture]) else {
            return;
        };
        let rules = advice.rules();
        assert_eq!(advice.code, Some(0), "{capture}");
        for rule in ["pm-timer", "apic-access"] {
            assert!(rules.contains(&rule), "{capture}: {rules:?}");
        }
        for words in [
            "name='hypervclock' present='yes'",
            "hv-time",
            "<vapic state='on'/>",
            "+x2apic",
            "turn AVIC on",
            "kvmclock",
        ] {
            assert!(advice.text.contains(words), "{capture}: {words}");
        }
    }
}

/// What checks a cure looks at the VM that was cured, and at all of its vCPUs: linux-fp has two with
/// 1234 reads a second each, of which `perf kvm stat` counts 2467.
#[test]
fn the_check_is_of_the_vm_and_of_all_its_vcpus() {
    let Some(two) = on_shared(&["svm/two/two.kvm.data.zst"]) else {
        return;
    };
    assert!(
        two.text
            .contains("after.data -p 3962 --fail-if 'port:0x608/s")
    );
    let Some(one) = on_shared(&["svm/linux-fp/linux-fp.kvm.data.zst"]) else {
        return;
    };
    assert!(
        one.text
            .contains("after.data --fail-if 'port:0x608/s > 1234'")
    );
    // The APIC's timer exits with AVIC too.
    let access = two.text.split("[apic-access]").nth(1).unwrap();
    let access = access.split("meaning").next().unwrap();
    assert!(!access.contains("APIC timer"), "{access}");
}

/// `enable_apicv=0` was given to the module, and its parameters lie beside the captures.
#[test]
fn without_apicv_it_is_asked_for() {
    for kind in ["kvm", "kvmstat"] {
        let capture = format!("vmx/apicv0/apicv0-bad.{kind}.data");
        let Some(advice) = on_shared(&[&capture]) else {
            return;
        };
        let rules = advice.rules();
        assert!(
            rules.contains(&"pm-timer") && rules.contains(&"apic-access"),
            "{rules:?}"
        );
        for words in [
            "enable_apicv=1",
            "a CPU with APICv (/proc/cpuinfo: apicv) (yes",
            "hypervclock",
        ] {
            assert!(advice.text.contains(words), "{kind}: {words}");
        }
    }
}

/// The same guest where `APICv` is on. Exits of reason `APIC_WRITE` alone say so.
#[test]
fn with_apicv_nobody_is_told_to_turn_it_on() {
    for capture in [
        "vmx/apicv1/apicv1-bad.kvm.data",
        "vmx/apicv1/apicv1-bad.kvmstat.data",
        "vmx/apicv1/apicv1-bad.cpu.data",
        "vmx/qemu1/qemu-apicv1-bad.kvm.data",
    ] {
        let Some(advice) = on_shared(&[capture]) else {
            return;
        };
        assert!(!advice.rules().contains(&"apic-access"), "{capture}");
        assert!(!advice.text.contains("turn APICv on"), "{capture}");
        if !capture.contains("cpu") {
            assert!(advice.rules().contains(&"pm-timer"), "{capture}");
        }
    }
}

/// All 2,500 port exits of `l2linux` are reads of 0x608; `linux-fp` boots with
/// `clocksource=acpi_pm`.
#[test]
fn a_linux_guest_gets_a_clocksource() {
    for capture in [
        "vmx/l2linux/l2linux.kvm.data",
        "vmx/l2linux/l2linux.kvmstat.data",
        "svm/linux-fp/linux-fp.kvm.data.zst",
        "svm/linux-fp/linux-fp.kvmstat.data.zst",
    ] {
        let Some(advice) = on_shared(&[capture]) else {
            return;
        };
        assert_eq!(advice.rules().first(), Some(&"pm-timer"), "{capture}");
        assert!(advice.text.contains("runs Linux"), "{capture}");
        assert!(advice.text.contains("current_clocksource"), "{capture}");
        for windows in ["hypervclock", "hv-", "bcdedit"] {
            assert!(!advice.text.contains(windows), "{capture}: {windows}");
        }
    }
    if let Some(advice) = on_shared(&["svm/linux-fp/linux-fp.kvm.data.zst"]) {
        let words = "the VMM's command line says clocksource=acpi_pm tsc=unstable";
        assert!(advice.text.contains(words));
    }
}

/// The guest "good" has the same devices and computes.
#[test]
fn on_healthy_captures_nothing_is_found_and_what_was_looked_at_is_said() {
    for capture in [
        "svm/goodst-fp/goodst-fp.kvm.data",
        "svm/goodst-fp/goodst-fp.kvmstat.data",
        "svm/good-fp/good-fp.kvm.data",
        "vmx/apicv0/apicv0-good.kvm.data",
        "vmx/apicv0/apicv0-good.kvmstat.data",
        "vmx/apicv1/apicv1-good.kvm.data",
        "vmx/apicv1/apicv1-good.kvmstat.data",
    ] {
        let Some(advice) = on_shared(&[capture]) else {
            return;
        };
        assert!(!advice.costs(), "{capture}: {}", advice.text);
        for words in ["looked at", "exits on 1 vCPU", "capture", "rules"] {
            assert!(advice.text.contains(words), "{capture}: {words}");
        }
    }
}

/// trace-cmd's files and pipes hold the same tracepoints.
#[test]
fn other_recorders_tell_the_same() {
    for capture in [
        "svm/bad-fp/bad-fp.trace.dat",
        "svm/badst-debian/badst-debian.trace.dat.zst",
        "svm/bad-fp/bad-fp.kvmpipe.data.zst",
    ] {
        let Some(advice) = on_shared(&[capture]) else {
            return;
        };
        let rules = advice.rules();
        assert_eq!(advice.code, Some(0), "{capture}");
        for rule in ["pm-timer", "apic-access"] {
            assert!(rules.contains(&rule), "{capture}: {rules:?}");
        }
        assert!(!advice.text.contains("turn APICv on"), "{capture}");
    }
}

/// The VM of pid 3962 runs "bad", that of 3982 "good".
#[test]
fn two_vms_are_told_apart() {
    let Some(advice) = on_shared(&["svm/two/two.kvm.data.zst"]) else {
        return;
    };
    let (_, timer) = advice.text.split_once("[pm-timer]").unwrap();
    let vm = timer.lines().nth(1).unwrap();
    assert!(vm.contains("pid 3962"), "{vm}");
    assert_eq!(advice.text.matches("[pm-timer]").count(), 1);
    let path = shared("captures/svm/two/two.kvm.data.zst").unwrap();
    let path = path.to_str().unwrap();
    assert!(
        !Advice::of(&[path, "--vm", "3982"])
            .rules()
            .contains(&"pm-timer")
    );
    assert_eq!(Advice::of(&[path, "--vm", "no-such-vm"]).code, Some(1));
}

/// Three quarters of the events of this capture were lost: perf's own LOST records say so.
#[test]
fn lost_events_are_told() {
    let Some(advice) = on_shared(&["svm/misc2/misc2.lost.data.zst"]) else {
        return;
    };
    assert!(
        advice.rules().contains(&"lost-events"),
        "{:?}",
        advice.rules()
    );
}

/// The doorbell that the case study set aside.
#[test]
fn doorbells_may_be_ignored() {
    let Some(advice) = on_shared(&["vmx/apicv0/apicv0-bad.kvm.data"]) else {
        return;
    };
    let (_, expected) = advice.text.split_once("may be ignored").unwrap();
    assert!(expected.contains("port 0xc050 write"), "{expected}");
}

/// Stacks and exits of one host meet in the VM of one process.
#[test]
fn evidence_of_two_captures_is_joined_by_vm() {
    let captures = [
        "svm/goodst-fp/goodst-fp.cpu.data.zst",
        "svm/goodst-fp/goodst-fp.kvm.data",
    ];
    let Some(advice) = on_shared(&captures) else {
        return;
    };
    assert_eq!(advice.text.matches("VM win10-good (pid 534)").count(), 1);
    assert!(advice.text.contains("samples of vCPU threads"));
    assert!(advice.text.contains("exits on 1 vCPU"));
}

/// An arm64 host has neither an APIC nor Hyper-V's interfaces.
#[test]
fn an_arm64_host_is_told_nothing_of_x86() {
    let Some(advice) = on_shared(&["arm64/linuxarm/linuxarm.kvm.data"]) else {
        return;
    };
    assert!(!advice.costs(), "{}", advice.text);
    for words in ["APIC", "hv-", "kvm_intel", "kvm_amd"] {
        assert!(!advice.text.contains(words), "{words}: {}", advice.text);
    }
}

/// The captures of the repository: 70 and 60 ms with tracepoints, 2 s with stacks alone.
#[test]
fn the_captures_of_the_repository_get_the_same_advice() {
    for case in ["svm-bad-tracepoints", "vmx-bad-tracepoints"] {
        let advice = Advice::of(&[&testdata(case)]);
        let rules = advice.rules();
        assert!(
            rules.contains(&"pm-timer") && rules.contains(&"apic-access"),
            "{case}: {rules:?}"
        );
        assert!(advice.text.contains("s were recorded"), "{case}");
    }
    // The functions of QEMU and of KVM tell both.
    let advice = Advice::of(&[&testdata("svm-bad")]);
    let rules = advice.rules();
    assert!(
        rules.contains(&"pm-timer") && rules.contains(&"apic-access"),
        "{rules:?}"
    );
    for case in ["svm-good", "vmx-good", "plain"] {
        let advice = Advice::of(&[&testdata(case)]);
        assert_eq!(advice.rules(), [""; 0], "{case}");
        assert_eq!(advice.code, Some(0), "{case}");
    }
}

/// What is printed to be run afterwards runs: on the same capture the cause is still there (status
/// 1), on that of the guest that computes it is gone.
#[test]
fn the_printed_comparison_tells_whether_it_helped() {
    let before = testdata("svm-bad");
    let advice = Advice::of(&[&before]);
    let commands = advice.text.lines().filter_map(|line| {
        let command = line.trim().strip_prefix("vmflame diff ")?;
        let (_, condition) = command.split_once("--fail-if '")?;
        condition.strip_suffix('\'')
    });
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() >= 2, "{commands:?}");
    for condition in commands {
        for (after, status) in [("svm-bad", 1), ("svm-good", 0)] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
            command.args(["diff", &before, &testdata(after), "--fail-if", condition]);
            let done = command.stdin(Stdio::null()).output().unwrap();
            assert_eq!(done.status.code(), Some(status), "{condition} on {after}");
        }
    }
}

#[test]
fn rules_are_explained_with_their_sources() {
    let list = Advice::of(&["--explain"]);
    let names: Vec<&str> = list
        .text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.contains(&"pm-timer") && names.len() > 25, "{names:?}");
    for name in names {
        let explained = Advice::of(&["--explain", name]);
        assert_eq!(explained.code, Some(0), "{name}");
        assert!(explained.text.contains("  source "), "{name}");
    }
    assert_eq!(Advice::of(&["--explain", "no-such-rule"]).code, Some(2));
}

/// JSON is for programs: it can be read, and says the same.
#[test]
fn json_says_the_same() {
    let advice = Advice::of(&[&testdata("svm-bad-tracepoints"), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&advice.text).unwrap();
    assert_eq!(json["schema_version"], 1);
    let findings = json["findings"].as_array().unwrap();
    let rules: Vec<&str> = findings
        .iter()
        .filter_map(|found| found["rule"].as_str())
        .collect();
    assert!(rules.contains(&"pm-timer"), "{rules:?}");
}

/// What compares afterwards looks at what was looked at: without the options it is the whole host, and
/// all of the time.
#[test]
fn the_comparison_repeats_what_was_chosen() {
    let case = testdata("svm-bad-tracepoints");
    let advice = Advice::of(&[&case, "-p", "207", "--time", "0%-50%", "-C", "0,1"]);
    assert_eq!(advice.code, Some(0));
    let lines = advice.text.lines();
    let compares: Vec<&str> = lines.filter(|line| line.contains("vmflame diff")).collect();
    assert!(!compares.is_empty(), "{}", advice.text);
    for compare in compares {
        let options = " -p 207 -C 0,1 --before-filter time=0%-50% --fail-if";
        assert!(compare.contains(options), "{compare}");
    }
    let whole = Advice::of(&[&case]);
    assert!(
        whole.text.contains("after.data --fail-if"),
        "{}",
        whole.text
    );
}
