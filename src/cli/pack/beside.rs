//! What lies beside a capture and tells of its host and its VMs: a case that is packed again, or a
//! folder that was made by hand.

use std::fs;
use std::path::{Path, PathBuf};

use super::told_vm::masked_text;
use crate::cli::this_machine;
use vmflame::analysis::case::{CaseContents, CaseMember};
use vmflame::input::{CaseFiles, Input, Member, MemberContent};

/// Files of a case that are found by their own names: `modules` by naming, the others by people.
const PLAIN: [&str; 4] = ["modules", "host.txt", "recording.txt", "recording.json"];

/// How the names of a monitor's answers begin.
const ANSWERS: &str = "query-";

/// Adds what lies beside the capture. What this machine or a VMM tells of the same later is left out:
/// it is of another time. Links are not followed.
///
/// `is_wanted` tells by its folder whether a VM is wanted, `None` being the only one of its capture.
pub(super) fn add(
    contents: &mut CaseContents,
    input: &Input,
    is_wanted: &dyn Fn(Option<&str>) -> bool,
) {
    let files = CaseFiles::beside(input);
    let mut taken = FoundBeside { contents };
    let host = [
        (files.module_parameters, CaseFiles::MODULE_PARAMETERS),
        (files.cpuinfo, CaseFiles::CPUINFO),
    ];
    for (path, names) in host {
        taken.file_named(path, names, Path::new(""));
    }
    if is_wanted(None) {
        if let Some(path) = files.command_line {
            taken.command_line(&path, Path::new("vmm-cmdline"));
        }
        taken.file_named(files.memory_map, CaseFiles::MEMORY_MAP, Path::new(""));
    }
    let Some(folder) = &input.directory else {
        return;
    };
    for name in names_in(folder) {
        if PLAIN.contains(&&*name) || name.starts_with(ANSWERS) && is_wanted(None) {
            taken.file(folder.join(&name), PathBuf::from(name));
        }
    }
    let vms = folder.join("vms");
    for vm in names_in(&vms).iter().filter(|vm| is_wanted(Some(vm))) {
        let place = Path::new("vms").join(vm);
        for name in names_in(&vms.join(vm)) {
            let path = vms.join(vm).join(&name);
            if name == "cmdline" {
                taken.command_line(&path, &place.join(name));
            } else if CaseFiles::MEMORY_MAP.contains(&&*name) || name.starts_with(ANSWERS) {
                taken.file(path, place.join(name));
            }
        }
    }
}

/// The names in a folder that are text, in order; none where it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// A case to which files are added that lie beside its capture.
struct FoundBeside<'c> {
    contents: &'c mut CaseContents,
}

impl FoundBeside<'_> {
    /// Adds a file under the name of those that it may have, without what says which capture it is of:
    /// `bad.mtree.txt` is `mtree.txt`.
    fn file_named(&mut self, path: Option<PathBuf>, names: &[&str], place: &Path) {
        let Some(path) = path else {
            return;
        };
        let own = path.file_name().and_then(|name| name.to_str());
        let is_own = |name: &&&str| own.is_some_and(|own| own.ends_with(**name));
        if let Some(name) = names.iter().find(is_own) {
            let name = place.join(name);
            self.file(path, name);
        }
    }

    fn file(&mut self, path: PathBuf, name: PathBuf) {
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            self.contents.members.push(CaseMember {
                member: Member {
                    name,
                    content: MemberContent::File(path),
                },
                what: BESIDE.to_owned(),
            });
        }
    }

    /// Adds a command line, secrets masked.
    fn command_line(&mut self, path: &Path, name: &Path) {
        let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        let line = this_machine::read_command_line(path).filter(|_| is_file);
        if let Some(line) = line {
            let member = CaseMember::text(name, BESIDE, masked_text(&line));
            self.contents.members.push(member);
        }
    }
}

/// Why a member is there.
const BESIDE: &str = "it lies beside the capture";
