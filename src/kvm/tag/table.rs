//! The rows of `frames.tsv` and how a name finds its row.

use hashbrown::HashMap;

use crate::stack::Tag;

/// The built-in table.
pub(crate) const FRAMES: &str = include_str!("frames.tsv");

/// What a frame does in its stack; the head of `frames.tsv` explains each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
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
pub(crate) struct Row {
    pub(crate) role: Role,
    pub(crate) rank: u8,
    /// The role's own tag where the table has none.
    pub(crate) tag: Tag,
}

/// What kind of name a row is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Kernel,
    User,
    Thread,
    Process,
    Dso,
}

impl Place {
    /// The place that the column `where` spells so.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
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
pub(crate) fn arch_of(machine: &str) -> Option<&'static str> {
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

/// Names of one place: literals in a map, patterns with a `*` in a list.
#[derive(Clone, Debug)]
pub(crate) struct Matcher<V> {
    literals: HashMap<Box<str>, V>,
    /// Before the star, behind it, value.
    patterns: Vec<(Box<str>, Box<str>, V)>,
}

impl<V> Default for Matcher<V> {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            patterns: Vec::new(),
        }
    }
}

impl<V: Copy> Matcher<V> {
    /// Adds a pattern; the first of equal ones stays.
    pub(crate) fn add(&mut self, pattern: &str, value: V) {
        match pattern.split_once('*') {
            None => {
                self.literals.entry(pattern.into()).or_insert(value);
            }
            Some((start, end)) => self.patterns.push((start.into(), end.into(), value)),
        }
    }

    /// What is said about `name`; a literal goes before a pattern.
    pub(crate) fn get(&self, name: &str) -> Option<V> {
        let fits = |start: &str, end: &str| {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        };
        self.literals.get(name).copied().or_else(|| {
            let found = self
                .patterns
                .iter()
                .find(|(start, end, _)| fits(start, end));
            found.map(|&(_, _, value)| value)
        })
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.patterns.is_empty()
    }
}

/// The built-in rows, by place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) kernel: Matcher<Row>,
    pub(crate) user: Matcher<Row>,
    pub(crate) threads: Matcher<Row>,
    pub(crate) processes: Matcher<Row>,
    pub(crate) dsos: Matcher<Row>,
}

impl Table {
    /// The rows for a machine, all of them when it is not known.
    ///
    /// Lines that are no rows are passed over: a test reads them all with [`parse`].
    pub(crate) fn for_machine(machine: Option<&str>) -> Self {
        let arch = machine.and_then(arch_of);
        let mut table = Self::default();
        for (pattern, place, of, row) in FRAMES.lines().filter_map(parse) {
            if of == "any" || arch.is_none_or(|arch| arch == of) {
                table.place(place).add(pattern, row);
            }
        }
        table
    }

    fn place(&mut self, place: Place) -> &mut Matcher<Row> {
        match place {
            Place::Kernel => &mut self.kernel,
            Place::User => &mut self.user,
            Place::Thread => &mut self.threads,
            Place::Process => &mut self.processes,
            Place::Dso => &mut self.dsos,
        }
    }
}

/// Pattern, place, architecture and row of a line; `None` for a comment and what is no row.
pub(crate) fn parse(line: &str) -> Option<(&str, Place, &str, Row)> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    let pattern = columns.next()?;
    let place = Place::from_name(columns.next()?)?;
    let arch = columns.next()?;
    let role = Role::from_name(columns.next()?)?;
    let rank = match columns.next()? {
        "-" => u8::MAX,
        rank => rank.parse().ok()?,
    };
    let tag = match columns.next()? {
        "-" => default_tag(role)?,
        tag => Tag::from_name(tag)?,
    };
    Some((pattern, place, arch, Row { role, rank, tag }))
}

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
