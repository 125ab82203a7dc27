//! From what samples hit to members of an archive.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::gather::{CaptureHits, HitWish, capture_hits};
use crate::bytes::Storage;
use crate::error::{Error, Result};
use crate::input::{Input, Member, MemberContent};
use crate::name::{HitModule, HitObject};
use crate::object::{MAPPED_BUILDS, case_place};
use crate::perf::Capture;
use crate::perf::abi::PERF_SAMPLE_STACK_USER;
use crate::symbol::{KernelSource, SymbolRequest, excerpt_kallsyms, kernel_text};

/// How much of the host a case may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CaseRequest {
    /// Names in the place of files: no program leaves the host, and of the kernel's names those
    /// that occur.
    pub names_only: bool,
    /// Debug files of objects too.
    pub debug_files: bool,
    /// Worker threads.
    pub threads: usize,
}

/// A member of a case, and why it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseMember {
    /// The member.
    pub member: Member,
    /// What it is, in words.
    pub what: String,
}

impl CaseMember {
    /// A member that is made of text.
    pub fn text(name: impl Into<PathBuf>, what: impl Into<String>, text: String) -> Self {
        Self {
            member: Member {
                name: name.into(),
                content: MemberContent::Bytes(text.into_bytes()),
            },
            what: what.into(),
        }
    }
}

/// What a case consists of.
#[derive(Debug)]
pub struct CaseContents {
    /// Its members.
    pub members: Vec<CaseMember>,
    /// What samples hit and has no name here, so that it will have none elsewhere: one line each.
    pub missing: Vec<String>,
    /// Whether samples or other records of the capture could not be read or made no sense.
    pub has_damage: bool,
    /// Whether samples hold copies of stacks, which are unwound by what objects tell of their frames.
    pub(super) has_copies: bool,
    /// The builds of files whose paths do not tell them, a line each.
    pub(super) mapped_builds: String,
    /// Where the members of these names are that were added here.
    positions: HashMap<PathBuf, usize>,
}

/// Finds what a capture needs to be named elsewhere as it is here.
///
/// # Errors
/// When a symbol file that was named cannot be used, or the capture cannot be found again.
pub fn case_contents(
    capture: &Capture,
    input: &Input,
    symbols: &SymbolRequest,
    request: CaseRequest,
) -> Result<CaseContents> {
    let wish = HitWish {
        debug_parts: request.debug_files,
        threads: request.threads,
    };
    let hits = capture_hits(capture, symbols, wish);
    let hits = hits.map_err(|error| symbols.shown.error(error))?;
    let mut contents = CaseContents {
        members: Vec::new(),
        missing: Vec::new(),
        has_damage: hits.has_damage,
        has_copies: has_copies(capture),
        mapped_builds: String::new(),
        positions: HashMap::new(),
    };
    contents.add_capture(&input.data)?;
    contents.add_kernel(&hits, symbols, request)?;
    for module in &hits.modules {
        contents.add_module(module, request);
    }
    let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
    let (maps, objects): (Vec<&HitObject>, Vec<&HitObject>) = hits
        .objects
        .iter()
        .partition(|object| object.map_name.is_some());
    contents.add_maps(&maps, request);
    for object in objects.iter().filter(|object| !object.is_any_file) {
        *paths.entry(&object.path).or_default() += 1;
    }
    for object in objects {
        let is_only = paths.get(object.path.as_str()) == Some(&1);
        contents.add_object(object, is_only, symbols, request);
    }
    let mapped_builds = std::mem::take(&mut contents.mapped_builds);
    if !mapped_builds.is_empty() {
        let what = "builds of files that their paths do not tell";
        contents.add(
            MAPPED_BUILDS,
            what,
            MemberContent::Bytes(mapped_builds.into_bytes()),
        );
    }
    Ok(contents)
}

impl CaseContents {
    /// The member of that name; `None` when there is none yet.
    pub(super) fn member(&mut self, name: &Path) -> Option<&mut CaseMember> {
        let position = self.positions.get(name)?;
        self.members.get_mut(*position)
    }

    pub(super) fn add(&mut self, name: impl Into<PathBuf>, what: &str, content: MemberContent) {
        let name = name.into();
        self.positions.insert(name.clone(), self.members.len());
        self.members.push(CaseMember {
            member: Member { name, content },
            what: what.to_owned(),
        });
    }

    /// The capture itself, a file or the directory of `perf record --threads`.
    fn add_capture(&mut self, data: &Path) -> Result<()> {
        if !data.is_dir() {
            let content = MemberContent::DatedFile(data.to_owned());
            self.add("perf.data", "the capture", content);
            return Ok(());
        }
        let failed = |source| Error::io("read", data, source);
        let mut files = Vec::new();
        for entry in fs::read_dir(data).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.map(str::to_owned).unwrap_or_default();
            if path.is_file() && (name == "data" || name.starts_with("data.")) {
                files.push((name, path));
            }
        }
        files.sort();
        for (name, path) in files {
            let name = Path::new("perf.data").join(name);
            self.add(
                name,
                "a part of the capture",
                MemberContent::DatedFile(path),
            );
        }
        Ok(())
    }

    fn add_kernel(
        &mut self,
        hits: &CaptureHits,
        symbols: &SymbolRequest,
        request: CaseRequest,
    ) -> Result<()> {
        if hits.kernel.is_empty() {
            return Ok(());
        }
        let (path, is_moved) = match &hits.kernel_source {
            KernelSource::SameBoot(path) | KernelSource::Unchecked(path) => (path, false),
            KernelSource::OtherBoot(path) => (path, true),
            KernelSource::Hidden(_) => {
                let why = "the kernel's names: addresses of /proc/kallsyms are hidden from \
                           whoever packs (kernel.kptr_restrict)";
                self.missing.push(why.to_owned());
                return Ok(());
            }
            KernelSource::Missing => {
                let why = "the kernel's names: no kallsyms of the recorded kernel was found";
                self.missing.push(why.to_owned());
                return Ok(());
            }
        };
        let file = Storage::open_unpacked(path, symbols.search.limit)?;
        let text = kernel_text(path, file, None)?;
        // Of another boot, addresses differ from the recorded ones.
        let (text, what) = if request.names_only && !is_moved {
            let cut = excerpt_kallsyms(text.bytes(), &hits.kernel);
            (cut.into_bytes(), "functions of the kernel that occur")
        } else {
            (text.bytes().to_vec(), "functions of the kernel")
        };
        self.add("kallsyms", what, MemberContent::Bytes(text));
        Ok(())
    }

    /// Adds the file of a module that kallsyms has no functions of.
    fn add_module(&mut self, module: &HitModule, request: CaseRequest) {
        let HitModule {
            path,
            file,
            build_id,
        } = module;
        match build_id {
            _ if request.names_only => self.missing.push(format!(
                "{path}: it is named by its file, which holds code: pack where kallsyms of that boot is"
            )),
            None => self.missing.push(format!("{path}: its file has no build id")),
            Some(own) => {
                let content = MemberContent::File(file.clone());
                self.add(case_place(path, own).join("elf"), path, content);
            }
        }
    }

    /// Adds maps of generated code. A process may have memory under several names.
    fn add_maps(&mut self, objects: &[&HitObject], request: CaseRequest) {
        let mut maps: BTreeMap<&str, (&Path, String)> = BTreeMap::new();
        for object in objects {
            let (Some(name), Ok(file)) = (&object.map_name, &object.file) else {
                continue;
            };
            let (_, text) = maps.entry(name).or_insert((file, String::new()));
            // Both are lines of address, size and name.
            let lines = object.functions.lines();
            for line in lines.filter(|line| !line.starts_with('#')) {
                text.push_str(line);
                text.push('\n');
            }
        }
        for (name, (file, text)) in maps {
            if request.names_only && name.ends_with(".dump") {
                let why = format!("{name}: a dump of generated code holds the code itself");
                self.missing.push(why);
                continue;
            }
            let (what, content) = if request.names_only {
                let what = "generated functions that occur";
                (what, MemberContent::Bytes(text.into_bytes()))
            } else {
                ("generated functions", MemberContent::File(file.to_owned()))
            };
            self.add(name, what, content);
        }
    }
}

/// Whether samples of an event hold copies of the user's stack.
fn has_copies(capture: &Capture) -> bool {
    let mut events = capture.events().iter();
    events.any(|(_, event)| event.attr.samples(PERF_SAMPLE_STACK_USER))
}
