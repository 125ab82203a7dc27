//! Where the sections of a kernel module lie once it is loaded.

use object::read::{Object, ObjectSection};
use object::{File, ObjectKind, SectionFlags, SectionIndex};

use crate::units::Svma;

/// Bits of a section's flags.
///
/// Source: elf.h, glibc 2.36.
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;

/// Where sections are put that lie elsewhere than a module's code: far apart and above all code, so
/// that no address of code is taken for one of theirs.
const ELSEWHERE: u64 = 1 << 48;

/// Sections of arm64 and 32-bit Arm that get their length when the module is loaded. Linkers put them
/// behind the code.
///
/// Source: `module_frob_arch_sections()`, arch/arm64/kernel/module-plts.c, Linux 6.1.
const SIZED_BY_LOADER: [&str; 4] = [".plt", ".init.plt", ".text.ftrace_trampoline", ".core.plt"];

/// Where the sections of a module's file lie, counted from where its code begins.
///
/// ```text
/// start            .text              .text.unlikely           .noinstr.text
/// |note fills none |..................|........................|...........|   data, elsewhere
/// ```
///
/// The kernel lays executable sections that stay out one behind the other, in the order of the file
/// and each aligned as the file says. `/proc/modules`, and so a capture's mapping of the module,
/// tells where the first one begins. What comes behind a section whose length only the loader knows
/// has no place.
///
/// Source: `layout_sections()`, kernel/module/main.c, Linux 6.1 and 6.18.
#[derive(Clone, Debug)]
pub(crate) struct ModuleLayout {
    /// The executable sections that stay, in order.
    code: Vec<LoadedSection>,
}

/// Where an executable section lies.
#[derive(Clone, Copy, Debug)]
struct LoadedSection {
    section: SectionIndex,
    start: u64,
    end: u64,
}

impl ModuleLayout {
    /// That of a module's file; `None` of a file that is not relocatable, or states lengths that make
    /// no sense.
    pub(crate) fn of(file: &File<'_>) -> Option<Self> {
        if file.kind() != ObjectKind::Relocatable {
            return None;
        }
        let (mut code, mut behind) = (Vec::new(), 0_u64);
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                continue;
            };
            let is_code = sh_flags.0 & (SHF_ALLOC | SHF_EXECINSTR) == SHF_ALLOC | SHF_EXECINSTR;
            let name = section.name().unwrap_or_default();
            if !is_code || name.starts_with(".init") {
                continue;
            }
            if SIZED_BY_LOADER.contains(&name) {
                break;
            }
            let start = behind.checked_next_multiple_of(section.align().max(1))?;
            behind = start.checked_add(section.size())?;
            code.push(LoadedSection {
                section: section.index(),
                start,
                end: behind,
            });
        }
        // What is loaded as one piece has less than 2 GB on all machines.
        (behind < 1 << 31).then_some(Self { code })
    }

    /// Where a section begins: code counted from the module's start, all else far from it.
    pub(crate) fn start_of(&self, section: SectionIndex) -> Svma {
        let place = self.code.iter().find(|place| place.section == section);
        let elsewhere = || ELSEWHERE.saturating_add((section.0 as u64) << 32);
        Svma::new(place.map_or_else(elsewhere, |place| place.start))
    }

    /// Where code of a section lies, by its place there; `None` of what is no code that stays.
    pub(crate) fn svma_of(&self, section: SectionIndex, within: u64) -> Option<Svma> {
        let place = self.code.iter().find(|place| place.section == section)?;
        let at = place.start.checked_add(within)?;
        (at < place.end).then(|| Svma::new(at))
    }

    /// The first addresses behind each section of code.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Svma> {
        self.code.iter().map(|place| Svma::new(place.end))
    }
}
