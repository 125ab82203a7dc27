//! Object files: where they are found, and which build they are.
//!
//! Input: the name and build id that a capture has of an object, and the places that the caller
//! allows ([`ObjectSearch`]); nothing is looked for on its own. Output: the one file of that build
//! (`ObjectFile`), with the files that were passed over. What the file holds is for whoever asked:
//! this folder knows no symbols.
//!
//! | file | what it does |
//! |---|---|
//! | `search` | **the search**: an object's file, texts in the place of a file |
//! | `mapped_object` | which file or build it was that a process mapped |
//! | `mapped_builds` | the same by its inode, as a case tells it |
//! | `likeness` | whether a file of this machine is that one |
//! | `debug_files` | the files with an object's debug information |
//! | `search_places` | the places that are looked into, in their order |
//! | `looked_at` | what was in a place |
//! | `debug_part` | files that debug information is divided into |
//! | `lost_unit` | those of them that are not to be had |
//! | `object_file` | one file: opened, its build compared |
//! | `module_file` | files of the kernel's modules, and of the kernel itself |
//! | `module_layout` | where the sections of a module lie once it is loaded |
//! | `kallsyms_file` | the kernel's `/proc/kallsyms`, from a capture's directory or a cache |
//! | `cache_layout` | paths in the caches of perf and of debuginfod's client |
//! | `elf_file` | headers of an ELF file, its build id |
//! | `segments` | between file offsets and stated addresses |
//! | `code_object` | the code of a file and its call frame information |
//! | `frame_tables` | what unwinding reads of an object file, without the code |
//! | `stack_switches` | functions of Go programs that go on on another stack |
//! | `code_ranges` | stretches of code in which an address is looked for |
//! | `framed_code` | V8's builtins, which keep frame pointers and are not described |
//! | `kernel_notes` | the build id in the running kernel's notes |

mod cache_layout;
mod code_object;
mod code_ranges;
mod debug_files;
mod debug_part;
mod elf_file;
mod frame_tables;
mod framed_code;
mod kallsyms_file;
mod kernel_notes;
mod likeness;
mod looked_at;
mod lost_unit;
mod mapped_builds;
mod mapped_object;
mod module_file;
mod module_layout;
mod object_file;
mod search;
mod search_places;
mod segments;
mod stack_switches;

pub(crate) use cache_layout::case_place;
pub(crate) use code_object::{CodeMachine, CodeObject, FrameSection, SectionAtHand};
pub(crate) use debug_files::Debugged;
pub(crate) use debug_part::{DebugPart, DebugPartKind};
pub(crate) use elf_file::parse_elf_file;
pub use elf_file::{build_id_of_file, read_build_id};
pub(crate) use frame_tables::frame_tables;
pub use kallsyms_file::KallsymsFile;
pub use kernel_notes::read_kernel_notes;
pub(crate) use likeness::TICK;
pub use looked_at::{LookOutcome, LookedAt};
pub use lost_unit::{LostUnit, LostUnitCause};
pub(crate) use mapped_builds::{MAPPED_BUILDS, mapped_build};
pub(crate) use mapped_object::{Identified, MappedBuild, MappedHere, MappedObject, MappedPlace};
pub(crate) use module_file::ModuleName;
pub(crate) use module_layout::ModuleLayout;
pub use object_file::{FileOrigin, Refused};
pub(crate) use object_file::{ObjectFile, made_id};
pub use search::ObjectSearch;
pub(crate) use search::{NotFound, PassedOver, SearchResult};
pub use segments::ElfSegment;
pub(crate) use segments::ElfSegments;
