//! The quantities of the program, one type each, so that they cannot be swapped.

use std::fmt;

/// Defines an address-like newtype over `u64` that displays in hexadecimal.
macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(u64);

        impl $name {
            /// Wraps a raw value.
            pub const fn new(raw: u64) -> Self {
                Self(raw)
            }

            /// The raw value.
            pub const fn as_u64(self) -> u64 {
                self.0
            }

            /// The address `bytes` further up; `None` when it leaves the 64-bit range.
            pub fn checked_add(self, bytes: u64) -> Option<Self> {
                self.0.checked_add(bytes).map(Self)
            }

            /// The distance in bytes up from `base`; `None` when `base` lies above.
            pub fn checked_since(self, base: Self) -> Option<u64> {
                self.0.checked_sub(base.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
    };
}

address! {
    /// An actual virtual memory address: an address in the sampled machine while it ran.
    Avma
}
address! {
    /// A stated virtual memory address: an address as the object file itself states it.
    Svma
}
address! {
    /// A byte position inside a file.
    FileOffset
}
address! {
    /// A place among the bytes of a capture. It counts on through all files of the capture, and
    /// then through what its compressed records hold, so that it orders records without a time.
    FilePosition
}

impl FilePosition {
    /// The place `bytes` further on, of bytes that are there.
    #[must_use]
    #[inline]
    pub const fn plus(self, bytes: u64) -> Self {
        Self(self.0 + bytes)
    }
}

/// A point of the capture's clock, in nanoseconds. Its zero is the clock's own (often boot).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Wraps nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    /// Seconds with nine digits behind the point, as `perf script --ns` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

/// Where a record stands in the order of its capture: its time or, where samples carry none, its
/// place in the file. All records of a capture have the one or all have the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RecordOrder(u64);

impl RecordOrder {
    /// Behind all records.
    pub const END: Self = Self(u64::MAX);

    /// The order of a record by its time.
    pub const fn of_time(time: Timestamp) -> Self {
        Self(time.as_nanos())
    }

    /// The order of a record of a capture whose samples carry no times.
    pub const fn of_position(position: FilePosition) -> Self {
        Self(position.as_u64())
    }

    /// The time of a record of a capture whose samples carry times.
    pub const fn as_time(self) -> Timestamp {
        Timestamp::from_nanos(self.0)
    }

    /// How far it is behind `origin`, in nanoseconds or in bytes of the file; 0 before it.
    pub const fn since(self, origin: Self) -> u64 {
        self.0.saturating_sub(origin.0)
    }

    /// The order of what is so many nanoseconds or bytes behind.
    #[must_use]
    pub const fn plus(self, distance: u64) -> Self {
        Self(self.0.saturating_add(distance))
    }
}

/// Defines an identifier newtype over `i32`, as the kernel's `pid_t` is.
macro_rules! task_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(i32);

        impl $name {
            /// Wraps a raw id.
            pub const fn new(raw: i32) -> Self {
                Self(raw)
            }

            /// The raw id.
            pub const fn as_i32(self) -> i32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

task_id! {
    /// A process id (the kernel's tgid). 0 is the idle task, -1 the kernel's own mappings.
    Pid
}
task_id! {
    /// A thread id (the kernel's pid).
    Tid
}

impl Pid {
    /// The pid under which kernel mappings are recorded.
    pub const KERNEL: Self = Self(-1);
    /// The idle tasks' pid (`swapper`).
    pub const IDLE: Self = Self(0);
}

/// The number of a host CPU.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cpu(pub u32);

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// A position in a list or table, of a type of its own for each of them.
pub trait Index: Copy {
    /// The index of a position. Lists of more than 2^32 entries do not fit into memory.
    fn of(position: usize) -> Self;

    /// The position.
    fn position(self) -> usize;
}

impl Index for u32 {
    #[inline]
    fn of(position: usize) -> Self {
        Self::try_from(position).unwrap_or(Self::MAX)
    }

    #[inline]
    fn position(self) -> usize {
        self as usize
    }
}

/// Defines an index newtype over `u32`.
macro_rules! index {
    ($(#[$doc:meta])* $visibility:vis $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        $visibility struct $name(pub u32);

        impl $name {
            /// The index for use on slices.
            $visibility const fn as_usize(self) -> usize {
                self.0 as usize
            }
        }

        impl $crate::units::Index for $name {
            #[inline]
            fn of(position: usize) -> Self {
                Self(u32::of(position))
            }

            #[inline]
            fn position(self) -> usize {
                self.as_usize()
            }
        }
    };
}
pub(crate) use index;

index! {
    /// Index of an event in the capture's event table.
    pub EventIx
}

/// A thread, with its process: the kernel uses a thread's id again for another process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ThreadId {
    /// Its process.
    pub pid: Pid,
    /// Its own id.
    pub tid: Tid,
}

/// How many samples there are, and what they stand for together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Weights {
    /// Number of samples.
    pub samples: u64,
    /// Sum of their periods.
    pub weight: u64,
}

/// Which privilege and which machine a frame or a sample belongs to.
///
/// The five modes are never merged: guest kernel is not kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CpuMode {
    /// The record does not tell (`PERF_RECORD_MISC_CPUMODE_UNKNOWN`).
    Unknown,
    /// Host kernel.
    Kernel,
    /// Host user space.
    User,
    /// A hypervisor below the sampled kernel.
    Hypervisor,
    /// Kernel of a guest.
    GuestKernel,
    /// User space of a guest.
    GuestUser,
}

impl CpuMode {
    /// Whether the mode belongs to a guest.
    pub const fn is_guest(self) -> bool {
        matches!(self, Self::GuestKernel | Self::GuestUser)
    }

    /// The word for it in tables and files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Kernel => "kernel",
            Self::User => "user",
            Self::Hypervisor => "hypervisor",
            Self::GuestKernel => "guest-kernel",
            Self::GuestUser => "guest-user",
        }
    }
}

/// The identity of an object file: the bytes of its GNU build-id note (at most 20 are recorded).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BuildId(Vec<u8>);

impl BuildId {
    /// Takes the bytes of the note; `None` when there are none or all are zero.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty() && bytes.iter().any(|&b| b != 0)).then(|| Self(bytes.to_vec()))
    }

    /// Reads pairs of hexadecimal digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let pairs = text.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| match *pair {
                [high, low] => Some(digit(high)? << 4 | digit(low)?),
                _ => None,
            })
            .collect();
        Self::new(&bytes?)
    }

    /// The bytes of the note.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BuildId({self})")
    }
}
