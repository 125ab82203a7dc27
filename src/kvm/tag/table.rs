//! The built-in rows: those of `frames.tsv` and `threads.tsv`, and the interrupt entries.

use memchr::memchr_iter;

use super::matcher::Matcher;
use crate::stack::Tag;
use crate::symbol::INTERRUPT_ENTRIES;

/// The built-in rows for frames.
pub(super) const FRAMES: &str = include_str!("frames.tsv");

/// The built-in rows for threads and processes.
pub(super) const THREADS: &str = include_str!("threads.tsv");

/// What a frame does in its stack; the head of `frames.tsv` explains each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Exit,
    Inside,
    Dispatch,
    Timer,
    Run,
    Loop,
    Ioctl,
    Request,
    Syscall,
    SyscallCaller,
    OtherSyscall,
    Irq,
    Io,
    Vcpu,
}

impl Role {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "exit" => Self::Exit,
            "inside" => Self::Inside,
            "dispatch" => Self::Dispatch,
            "timer" => Self::Timer,
            "run" => Self::Run,
            "loop" => Self::Loop,
            "ioctl" => Self::Ioctl,
            "request" => Self::Request,
            "syscall" => Self::Syscall,
            "syscall-caller" => Self::SyscallCaller,
            "other-syscall" => Self::OtherSyscall,
            "irq" => Self::Irq,
            "io" => Self::Io,
            "vcpu" => Self::Vcpu,
            _ => return None,
        })
    }
}

/// What a row says about the names that it matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NameRow {
    pub(super) role: Role,
    pub(super) rank: u8,
    /// The role's own tag where the table has none.
    pub(super) tag: Tag,
}

/// What kind of name a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NameKind {
    Kernel,
    User,
    Thread,
    Process,
    Dso,
}

impl NameKind {
    /// The kind that the column `where` spells so.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "kernel" => Self::Kernel,
            "user" => Self::User,
            "thread" => Self::Thread,
            "process" => Self::Process,
            "dso" => Self::Dso,
            _ => return None,
        })
    }
}

/// The architecture's name in the table for the machine's name in `uname -m`.
pub(super) fn arch_of(machine: &str) -> Option<&'static str> {
    const MACHINES: [(&str, &str); 9] = [
        ("x86", "x86"),
        ("i386", "x86"),
        ("i686", "x86"),
        ("aarch64", "arm64"),
        ("arm", "arm64"),
        ("riscv", "riscv"),
        ("s390", "s390"),
        ("ppc", "powerpc"),
        ("loongarch", "loongarch"),
    ];
    let known = MACHINES
        .iter()
        .find(|(start, _)| machine.starts_with(start));
    known.map(|&(_, arch)| arch)
}

/// About as many names of kernel functions as the rows of one architecture hold.
const KERNEL_LITERALS: usize = 1000;

/// The built-in rows, by what their names are of.
#[derive(Clone, Debug, Default)]
pub(super) struct BuiltInRows {
    pub(super) kernel: Matcher<NameRow>,
    pub(super) user: Matcher<NameRow>,
    pub(super) threads: Matcher<NameRow>,
    pub(super) processes: Matcher<NameRow>,
    pub(super) dsos: Matcher<NameRow>,
}

impl BuiltInRows {
    /// The rows for a machine, all of them when it is not known.
    ///
    /// Lines that are no rows are passed over: a test reads them all with [`parse`].
    pub(super) fn for_machine(machine: Option<&str>) -> Self {
        let arch = machine.and_then(arch_of);
        let mut table = Self {
            kernel: Matcher::with_room(KERNEL_LITERALS),
            ..Self::default()
        };
        for text in [FRAMES, THREADS] {
            for line in text.lines().filter_map(parse) {
                if line.arch == "any" || arch.is_none_or(|arch| arch == line.arch) {
                    let rows = table.rows_of(line.kind);
                    match line.kind {
                        NameKind::Thread => rows.add_numbered(line.pattern, line.row),
                        NameKind::Kernel | NameKind::User | NameKind::Process | NameKind::Dso => {
                            rows.add(line.pattern, line.row);
                        }
                    }
                }
            }
        }
        for pattern in INTERRUPT_ENTRIES {
            table.kernel.add(pattern, INTERRUPT);
        }
        table
    }

    fn rows_of(&mut self, kind: NameKind) -> &mut Matcher<NameRow> {
        match kind {
            NameKind::Kernel => &mut self.kernel,
            NameKind::User => &mut self.user,
            NameKind::Thread => &mut self.threads,
            NameKind::Process => &mut self.processes,
            NameKind::Dso => &mut self.dsos,
        }
    }
}

/// A line of a table.
#[derive(Debug)]
pub(super) struct TableLine<'a> {
    pub(super) pattern: &'a str,
    /// Which names the pattern is for.
    pub(super) kind: NameKind,
    /// The architecture's name, or `any`.
    pub(super) arch: &'a str,
    pub(super) row: NameRow,
}

/// Reads a line of a table; `None` for a comment and what is no row.
pub(super) fn parse(line: &str) -> Option<TableLine<'_>> {
    if line.starts_with('#') {
        return None;
    }
    // All tabs at once: columns are too short to search for the end of each.
    let mut tabs = memchr_iter(b'\t', line.as_bytes());
    let mut start = 0;
    let mut column = || {
        let end = tabs.next().unwrap_or(line.len());
        let column = line.get(start..end)?;
        start = end + 1;
        Some(column)
    };
    let pattern = column()?;
    let kind = NameKind::from_name(column()?)?;
    let arch = column()?;
    let role = Role::from_name(column()?)?;
    let rank = match column()? {
        "-" => u8::MAX,
        rank => rank.parse().ok()?,
    };
    let tag = match column()? {
        "-" => default_tag(role)?,
        tag => Tag::from_name(tag)?,
    };
    let row = NameRow { role, rank, tag };
    Some(TableLine {
        pattern,
        kind,
        arch,
        row,
    })
}

/// What is said of functions in which an interrupt enters the kernel.
const INTERRUPT: NameRow = NameRow {
    role: Role::Irq,
    rank: u8::MAX,
    tag: Tag::ExitIrq,
};

/// The tag of roles that have no other.
fn default_tag(role: Role) -> Option<Tag> {
    match role {
        Role::Request | Role::OtherSyscall | Role::Vcpu => Some(Tag::Vmm),
        Role::Syscall | Role::SyscallCaller => Some(Tag::Entry),
        Role::Irq => Some(Tag::ExitIrq),
        Role::Io => Some(Tag::Io),
        Role::Exit
        | Role::Inside
        | Role::Dispatch
        | Role::Timer
        | Role::Run
        | Role::Loop
        | Role::Ioctl => None,
    }
}
