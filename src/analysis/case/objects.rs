//! From objects of user space to members of an archive.

use std::path::{Path, PathBuf};

use super::contents::{CaseContents, CaseRequest};
use super::gather::joined_tables;
use crate::bytes::Storage;
use crate::input::MemberContent;
use crate::name::HitObject;
use crate::object::{ObjectSearch, case_place, frame_tables, made_id, mapped_build, read_build_id};
use crate::symbol::SymbolRequest;
use crate::units::BuildId;
use crate::unwind::is_signal_return;

impl CaseContents {
    /// Adds what names an object. Without a recorded build id it is found by its path, which must
    /// mean one object only.
    pub(super) fn add_object(
        &mut self,
        object: &HitObject,
        is_only: bool,
        symbols: &SymbolRequest,
        request: CaseRequest,
    ) {
        let file = match &object.file {
            Ok(file) => file,
            Err(cause) => {
                if object.path.starts_with('/') {
                    self.missing.push(format!("{}: {cause}", object.path));
                }
                return;
            }
        };
        if let Some(doubt) = doubt_of(object, is_only) {
            self.missing.push(format!("{}: {doubt}", object.path));
            return;
        }
        let storage = match Storage::open_regular(file) {
            Ok(storage) => storage,
            Err(problem) => {
                self.missing.push(format!("{}: {problem}", object.path));
                return;
            }
        };
        // What the running kernel maps lies in no file.
        let bytes = storage.as_ref().map_or(&[][..], Storage::bytes);
        let is_table = bytes.get(..4) != Some(b"\x7fELF");
        let Some(id) = build_of(object, bytes, is_table, &symbols.search) else {
            return;
        };
        if object.is_any_file {
            let lines = object.inode.zip(Some(&*object.path));
            let line = lines.and_then(|(inode, path)| mapped_build(path, inode, &id));
            self.mapped_builds.extend(line);
        }
        let place = case_place(&object.path, &id);
        if request.names_only || is_table {
            self.add_functions(object, &id);
            if self.has_copies {
                self.add_frames(object, &id, bytes, &symbols.search);
            }
            if object.build_id.is_none() && !object.is_any_file {
                // The folder tells which build the path stands for.
                let what = format!("the build of {}", object.path);
                self.add(place, &what, MemberContent::Folder);
            }
            return;
        }
        let name = place.join("elf");
        if self.member(&name).is_none() {
            let content = MemberContent::File(file.clone());
            self.add(name, &object.path, content);
        }
        self.add_debug(object, &id, symbols, request);
    }

    /// Adds what debug files hold of an object whose file is added.
    fn add_debug(
        &mut self,
        object: &HitObject,
        id: &BuildId,
        symbols: &SymbolRequest,
        request: CaseRequest,
    ) {
        let place = case_place(&object.path, id);
        for part in object.debug_parts.iter().filter(|_| request.debug_files) {
            let what = format!("a part of the debug information of {}", object.path);
            let name = part.place_in_case(&object.path, &place, "elf");
            self.add_beside(name, &what, &part.file);
        }
        let search = &symbols.search;
        let of_build = search.debug_file_of(&object.path, id);
        let of_build = of_build.map(|debug| (place.join("debug"), debug));
        let debug_file = of_build.or_else(|| {
            // Beside the object it is found by its name.
            let (file, build_id) = (object.file.as_ref().ok()?, object.build_id.as_ref());
            let debug = search.linked_debug_file(&object.path, build_id, file)?;
            Some((place.join(debug.file_name()?), debug))
        });
        match debug_file {
            Some((name, debug)) if request.debug_files => {
                let what = format!("debug file of {}", object.path);
                self.add_beside(name, &what, &debug);
            }
            // Its names are not in the file itself.
            Some(_) => self.add_functions(object, id),
            None => {}
        }
    }

    /// Adds a file that has to have this name, unless it is there.
    fn add_beside(&mut self, name: PathBuf, what: &str, file: &Path) {
        let content = MemberContent::File(file.to_owned());
        match self.member(&name) {
            None => self.add(name, what, content),
            Some(known) if known.member.content == content => {}
            Some(_) => self.missing.push(format!(
                "{}: another file of that name is in the case",
                file.display()
            )),
        }
    }

    /// Adds what copied stacks are unwound by, in the place of an object's file: of its `bytes`, or what a
    /// case holds.
    fn add_frames(
        &mut self,
        object: &HitObject,
        id: &BuildId,
        bytes: &[u8],
        search: &ObjectSearch,
    ) {
        let name = PathBuf::from(format!("symbols/{id}.frames"));
        if self.member(&name).is_some() {
            return;
        }
        let held = search.frame_tables(id);
        let held = held.map(|tables| tables.bytes().to_vec());
        match held.or_else(|| frame_tables(bytes, is_signal_return)) {
            Some(tables) => {
                let what = format!("frames of {}, without its code", object.path);
                let content = MemberContent::Bytes(tables);
                self.add(name, &what, content);
            }
            None => self.missing.push(format!(
                "{}: callers of its functions in stacks of --call-graph dwarf: they are found by its \
                 code, which --names-only leaves out",
                object.path
            )),
        }
    }

    /// Adds the functions that were hit, as a table that is read in the place of the file: one of a
    /// build, under whatever paths it was mapped.
    fn add_functions(&mut self, object: &HitObject, id: &BuildId) {
        let name = PathBuf::from(format!("symbols/{id}.txt"));
        let mut functions = object.functions.clone();
        if let Some(known) = self.member(&name) {
            if let MemberContent::Bytes(before) = &known.member.content {
                functions = joined_tables(&String::from_utf8_lossy(before), &functions);
            }
            known.member.content = MemberContent::Bytes(functions.into_bytes());
            return;
        }
        let what = format!("functions of {} that occur", object.path);
        self.add(name, &what, MemberContent::Bytes(functions.into_bytes()));
    }
}

/// Why it cannot be told elsewhere which file an object is; `None` when it can.
fn doubt_of(object: &HitObject, is_only: bool) -> Option<&'static str> {
    if object.is_any_file {
        let is_untold = object.inode.is_none() || object.path.contains('\n');
        is_untold.then_some("its path may mean several files, and the capture does not tell which")
    } else if object.is_proved && !is_only {
        Some("it was overwritten while it was recorded, and only this machine tells when")
    } else if object.build_id.is_none() && !is_only {
        Some("several objects of this path, of which the capture does not tell the builds")
    } else {
        None
    }
}

/// The build of an object whose file, or a table in its place, is there; `None` when it has none.
fn build_of(
    object: &HitObject,
    bytes: &[u8],
    is_table: bool,
    search: &ObjectSearch,
) -> Option<BuildId> {
    let own = || read_build_id(bytes).or_else(|| made_id(bytes));
    match object.inode.filter(|_| object.is_any_file) {
        // What the capture tells is the build of another file, maybe.
        Some(inode) if is_table => search.build_of_inode(&object.path, inode),
        Some(_) => own(),
        None => object.build_id.clone().or_else(own),
    }
}
