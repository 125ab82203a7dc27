//! What this machine tells of itself, for a capture that it made.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use vmflame::analysis::case::CaseMember;

/// Folders of parameters of modules.
const MODULES: &str = "/sys/module";

/// What firmware tells of the machine's model.
const MODEL: [&str; 4] = [
    "sys_vendor",
    "product_name",
    "product_version",
    "bios_version",
];

/// Texts of the machine: of its CPUs, of its kernel's modules, and of its model. What cannot be
/// read is left out.
pub(in crate::cli) fn members() -> Vec<CaseMember> {
    let mut members = Vec::new();
    let mut add = |name: &str, what: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            members.push(CaseMember::text(name, what, text));
        }
    };
    let read = |path: &str| fs::read_to_string(path).ok();
    add("cpuinfo.txt", "the CPUs of the host", read("/proc/cpuinfo"));
    add("module-params.txt", "parameters of KVM", kvm_parameters());
    add("modules", "modules of the kernel", read("/proc/modules"));
    add("host.txt", "the model and the kernel of the host", model());
    members
}

/// The parameters of all modules whose names begin with `kvm`, as `grep -r` prints them.
fn kvm_parameters() -> Option<String> {
    let mut lines = Vec::new();
    for module in fs::read_dir(MODULES).ok()?.flatten() {
        if !module.file_name().to_string_lossy().starts_with("kvm") {
            continue;
        }
        let Ok(parameters) = fs::read_dir(module.path().join("parameters")) else {
            continue;
        };
        for parameter in parameters.flatten() {
            if let Ok(value) = fs::read_to_string(parameter.path()) {
                let path = parameter.path();
                lines.push(format!("{}:{}\n", path.display(), value.trim_end()));
            }
        }
    }
    lines.sort();
    Some(lines.concat())
}

/// The model as firmware tells it, and what kernel runs.
fn model() -> Option<String> {
    let mut text = String::new();
    for name in MODEL {
        let path = Path::new("/sys/class/dmi/id").join(name);
        if let Ok(value) = fs::read_to_string(path) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {}", value.trim());
        }
    }
    let kernel = fs::read_to_string("/proc/version").ok()?;
    let _ = writeln!(text, "kernel: {}", kernel.trim());
    Some(text)
}
