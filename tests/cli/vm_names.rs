//! VMs are called as their VMMs' command lines say, where a case holds these. The names are written here.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vmflame::bytes::Little;
use vmflame::perf::Feature;
use vmflame::perf::abi::PERF_SAMPLE_CPU;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::units::{Pid, Tid, Timestamp};

/// A case of three VMs that waited for each other's CPUs, with these files beside the capture.
fn case(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vm-names-{name}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/threads/perf.data.xz");
    fs::copy(recorded, folder.join("perf.data")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn said(case: &Path, options: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.arg("exits").arg(case).args(options);
    let command = command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn who_had_the_cpu_is_told_by_name() {
    let win10 = "qemu-system-x86_64\0-name\0guest=win10,debug-threads=on\0";
    let case = case("of-each", &[("vms/22596/cmdline", win10)]);
    for options in [&[][..], &["--pid", "22595"]] {
        let told = said(&case, options);
        assert!(told.contains("vCPU of VM 22596 (win10) "), "{told}");
    }
    // Nothing tells the name of the other one.
    let told = said(&case, &[]);
    assert!(told.contains("vCPU of VM 22595  "), "{told}");
}

/// One command line beside three VMs may be that of any, also where one VM alone is asked for.
#[test]
fn a_command_line_beside_several_vms_names_none() {
    let line = "qemu-system-x86_64 -name win10";
    let case = case("of-one", &[("qemu-cmdline.txt", line)]);
    for options in [&[][..], &["--pid", "22595"]] {
        let told = said(&case, options);
        assert!(told.contains("vCPU of VM 22596"), "{told}");
        assert!(!told.contains("win10"), "{told}");
    }
}

/// Writes a case of VMs, each with a sample in its guest's kernel, and what their VMMs were told.
fn stacks(name: &str, vms: &[(i32, &[u8])], files: &[(&str, &str)]) -> PathBuf {
    stacks_of_machine(name, vms, files, Vec::new())
}

/// The same of a machine of which these features tell.
fn stacks_of_machine(
    name: &str,
    vms: &[(i32, &[u8])],
    files: &[(&str, &str)],
    mut features: Vec<FeatureSection>,
) -> PathBuf {
    let folder = case(name, files);
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    event.attr.sample_type |= PERF_SAMPLE_CPU;
    let mut records = RecordWriter::<Little>::new();
    for &(vm, process) in vms {
        let (pid, vcpu) = (Pid::new(vm), Tid::new(100 + vm));
        let main = Tid::new(vm);
        for (tid, name) in [(main, process), (vcpu, b"CPU 0/KVM")] {
            let values = SampleValues {
                id: 1,
                pid,
                tid,
                ..SampleValues::default()
            };
            let comm = WrittenRecord::Comm { pid, tid, name };
            records.entry(0, &comm, Some((&event.attr, &values)));
        }
        let values = SampleValues {
            id: 1,
            pid,
            tid: vcpu,
            time: Timestamp::from_nanos(10),
            ..SampleValues::default()
        };
        // PERF_RECORD_MISC_GUEST_KERNEL
        records.sample(&event.attr, 4, &values);
    }
    let events = vec![event];
    features.push(FeatureSection::event_names(&events));
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(folder.join("perf.data"), out.finish().unwrap().into_inner()).unwrap();
    folder
}

fn folded(case: &Path, group: &str) -> Vec<String> {
    let done = Command::new(env!("CARGO_BIN_EXE_vmflame"))
        .args(["convert", "--format=folded", "-o-", "--group", group])
        .arg(case)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    let text = String::from_utf8(done.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

const WEB: &str = "qemu-kvm\0-name\0guest=web,debug-threads=on\0";

/// Where a capture has several VMs a frame tells of which one guest time is: by the name that its VMM
/// was told, else by its process, and never by one that several have.
#[test]
fn stacks_of_several_vms_tell_which() {
    let vms: [(i32, &[u8]); 3] = [(7, b"qemu-kvm"), (8, b"qemu-kvm"), (9, b"qemu-system")];
    let named = stacks("stacks", &vms, &[("vms/7/cmdline", WEB)]);
    assert_eq!(
        folded(&named, "process"),
        [
            "qemu-kvm (web);CPU 0/KVM;[guest kernel] 1",
            "qemu-kvm-8;CPU 0/KVM;[guest kernel] 1",
            "qemu-system;CPU 0/KVM;[guest kernel] 1",
        ]
    );
    assert_eq!(
        folded(&named, "thread"),
        [
            "qemu-kvm-7 (web);CPU 0/KVM-107;[guest kernel] 1",
            "qemu-kvm-8;CPU 0/KVM-108;[guest kernel] 1",
            "qemu-system-9;CPU 0/KVM-109;[guest kernel] 1",
        ]
    );
    // Folded text ends with a number, which no name may do.
    assert_eq!(
        folded(&named, "cpu"),
        [
            "cpu_0;qemu-kvm (web);CPU 0/KVM;[guest kernel] 1",
            "cpu_0;qemu-kvm-8;CPU 0/KVM;[guest kernel] 1",
            "cpu_0;qemu-system;CPU 0/KVM;[guest kernel] 1",
        ]
    );
    for (group, above) in [("comm", "CPU 0/KVM;"), ("none", "")] {
        let lines = ["qemu-kvm-8", "qemu-system-9", "web"];
        let lines = lines.map(|vm| format!("{above}[guest kernel of {vm}] 1"));
        assert_eq!(folded(&named, group), lines);
    }
    let both = [("vms/7/cmdline", WEB), ("vms/8/cmdline", WEB)];
    let alike = stacks("stacks-alike", &vms, &both);
    let shown: Vec<String> = folded(&alike, "process");
    assert_eq!(shown[0], "qemu-kvm-7 (web);CPU 0/KVM;[guest kernel] 1");
    assert_eq!(shown[1], "qemu-kvm-8 (web);CPU 0/KVM;[guest kernel] 1");
}

/// A VM alone needs no telling apart, and its stacks are those of the same VM on another host.
#[test]
fn stacks_of_one_vm_are_shown_as_any() {
    let one = stacks("stack", &[(7, b"qemu-kvm")], &[("vms/7/cmdline", WEB)]);
    let expected = "CPU 0/KVM;[guest kernel] 1";
    assert_eq!(folded(&one, "process"), [format!("qemu-kvm;{expected}")]);
    assert_eq!(folded(&one, "comm"), [expected]);
}

/// A shell that waits, called as a VMM is by its command line: `sh -c 'read line' -name NAME` takes what
/// stands behind its script for parameters of that.
struct Vmm(Child);

impl Vmm {
    fn start(name: &str) -> Self {
        let mut command = Command::new("sh");
        command.arg0("qemu-system-x86_64");
        command.args(["-c", "read line", "-name", name]);
        let vmm = Self(command.stdin(Stdio::piped()).spawn().unwrap());
        // It has that command line once it is no longer a copy of this program.
        let line = || fs::read(format!("/proc/{}/cmdline", vmm.0.id())).unwrap();
        while !line().starts_with(b"qemu-system-x86_64\0") {
            std::thread::yield_now();
        }
        vmm
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// What its main thread is called.
    fn comm(&self) -> Vec<u8> {
        let comm = fs::read(format!("/proc/{}/comm", self.0.id())).unwrap();
        comm.trim_ascii_end().to_vec()
    }
}

impl Drop for Vmm {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Running VMMs tell the names of the VMs of a capture that this machine made, and of no other.
#[test]
fn running_vmms_tell_the_names_of_several_vms() {
    let vmms = ["web", "db"].map(Vmm::start);
    // A recorded VMM was there before the capture was written, by clocks too that tick 100 times a second.
    std::thread::sleep(Duration::from_millis(25));
    let comms = vmms.each_ref().map(Vmm::comm);
    let vms = [0, 1].map(|at| (vmms[at].pid(), comms[at].as_slice()));
    let own = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap();
        text.trim_end().to_owned()
    };
    let features = |host: &str| {
        vec![
            FeatureSection::text(Feature::HOSTNAME, host),
            FeatureSection::text(Feature::OSRELEASE, &own("osrelease")),
        ]
    };
    let comm = String::from_utf8(comms[0].clone()).unwrap();
    let shown = |host: &str| {
        let case = stacks_of_machine("running", &vms, &[], features(host));
        let mut lines = folded(&case, "process");
        lines.sort();
        lines
    };
    let expected = ["db", "web"].map(|name| format!("{comm} ({name});CPU 0/KVM;[guest kernel] 1"));
    assert_eq!(shown(&own("hostname")), expected);
    let mut expected = vms.map(|(pid, _)| format!("{comm}-{pid};CPU 0/KVM;[guest kernel] 1"));
    expected.sort();
    assert_eq!(shown("another"), expected);
}
