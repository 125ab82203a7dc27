//! Records that are no samples but tell what samples mean.

use super::header::RecordHeader;
use super::inode::MappedInode;
use crate::bytes::{ByteOrder, Cursor, c_string, position, u32_at, u64_at};
use crate::perf::abi::{
    PERF_RECORD_CGROUP, PERF_RECORD_COMM, PERF_RECORD_EXIT, PERF_RECORD_FORK, PERF_RECORD_KSYMBOL,
    PERF_RECORD_MISC_COMM_EXEC, PERF_RECORD_MISC_MMAP_BUILD_ID, PERF_RECORD_MMAP,
    PERF_RECORD_MMAP2, PERF_RECORD_NAMESPACES, PERF_RECORD_TEXT_POKE,
};
use crate::units::{Avma, BuildId, CpuMode, FileOffset, Pid, Tid};

/// Position of the mount namespace among the kinds.
///
/// Source: `MNT_NS_INDEX`, `include/uapi/linux/perf_event.h`, Linux 6.18.
const MOUNT_NAMESPACE: usize = 5;

/// A mapping that came into being.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappingRecord<'a> {
    /// The process; -1 for the kernel's own.
    pub pid: Pid,
    /// Kernel or user, host or guest.
    pub mode: CpuMode,
    /// First address.
    pub start: Avma,
    /// Length in bytes.
    pub len: u64,
    /// Position in the file of the first address. For `[kernel.kallsyms]_text` and its kin:
    /// the address of the symbol that the name ends with.
    pub file_offset: FileOffset,
    /// Build id, when the record carries one.
    pub build_id: Option<BuildId>,
    /// The file; `None` when the record does not tell it, or when there is none.
    pub inode: Option<MappedInode>,
    /// Path or bracketed name, as recorded.
    pub name: &'a [u8],
}

/// A record that tells what samples mean.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named as in `include/uapi/linux/perf_event.h`")]
pub enum Sideband<'a> {
    Mapping(MappingRecord<'a>),
    Comm {
        pid: Pid,
        tid: Tid,
        is_exec: bool,
        name: &'a [u8],
    },
    Fork {
        pid: Pid,
        parent_pid: Pid,
        tid: Tid,
        parent_tid: Tid,
    },
    Exit {
        pid: Pid,
        tid: Tid,
    },
    Ksymbol {
        start: Avma,
        len: u32,
        is_removal: bool,
        name: &'a [u8],
    },
    TextPoke {
        start: Avma,
    },
    Cgroup {
        id: u64,
        path: &'a [u8],
    },
    Namespaces {
        pid: Pid,
        /// Inode of the mount namespace, which decides what a path leads to.
        mount: u64,
    },
}

/// Whether [`Sideband::parse`] knows the record type.
pub const fn is_sideband(record_type: u32) -> bool {
    matches!(
        record_type,
        PERF_RECORD_MMAP
            | PERF_RECORD_MMAP2
            | PERF_RECORD_COMM
            | PERF_RECORD_FORK
            | PERF_RECORD_EXIT
            | PERF_RECORD_KSYMBOL
            | PERF_RECORD_TEXT_POKE
            | PERF_RECORD_CGROUP
            | PERF_RECORD_NAMESPACES
    )
}

impl<'a> Sideband<'a> {
    /// Decodes a record without its header and trailer.
    ///
    /// `None` when it is too short, or of a type that [`is_sideband`] does not name.
    pub fn parse<O: ByteOrder>(header: RecordHeader, body: &'a [u8]) -> Option<Self> {
        let mut at = Cursor::<O>::new(body);
        match header.record_type {
            PERF_RECORD_MMAP => mmap(header, &mut at).map(Self::Mapping),
            PERF_RECORD_MMAP2 => mmap2(header, &mut at).map(Self::Mapping),
            PERF_RECORD_COMM => Some(Self::Comm {
                pid: Pid::new(at.i32()?),
                tid: Tid::new(at.i32()?),
                is_exec: header.misc & PERF_RECORD_MISC_COMM_EXEC != 0,
                name: c_string(at.rest()),
            }),
            PERF_RECORD_FORK => Some(Self::Fork {
                pid: Pid::new(at.i32()?),
                parent_pid: Pid::new(at.i32()?),
                tid: Tid::new(at.i32()?),
                parent_tid: Tid::new(at.i32()?),
            }),
            PERF_RECORD_EXIT => {
                let pid = Pid::new(at.i32()?);
                at.i32()?;
                Some(Self::Exit {
                    pid,
                    tid: Tid::new(at.i32()?),
                })
            }
            PERF_RECORD_KSYMBOL => {
                let start = Avma::new(at.u64()?);
                let len = at.u32()?;
                at.u16()?;
                let is_removal = at.u16()? & 1 != 0;
                Some(Self::Ksymbol {
                    start,
                    len,
                    is_removal,
                    name: c_string(at.rest()),
                })
            }
            PERF_RECORD_TEXT_POKE => Some(Self::TextPoke {
                start: Avma::new(at.u64()?),
            }),
            PERF_RECORD_CGROUP => Some(Self::Cgroup {
                id: at.u64()?,
                path: c_string(at.rest()),
            }),
            PERF_RECORD_NAMESPACES => namespaces(&mut at),
            _ => None,
        }
    }
}

fn mmap<'a, O: ByteOrder>(
    header: RecordHeader,
    at: &mut Cursor<'a, O>,
) -> Option<MappingRecord<'a>> {
    let pid = Pid::new(at.i32()?);
    at.i32()?;
    Some(MappingRecord {
        pid,
        mode: header.cpu_mode(),
        start: Avma::new(at.u64()?),
        len: at.u64()?,
        file_offset: FileOffset::new(at.u64()?),
        build_id: None,
        inode: None,
        name: c_string(at.rest()),
    })
}

/// A list of `{ u64 device, u64 inode }`, one for each kind of namespace.
fn namespaces<'a, O: ByteOrder>(at: &mut Cursor<'a, O>) -> Option<Sideband<'a>> {
    let pid = Pid::new(at.i32()?);
    at.i32()?;
    at.u64()?;
    let of_kind = at.rest().get(MOUNT_NAMESPACE * 16..)?;
    let mount = u64_at::<O>(of_kind, 8)?;
    Some(Sideband::Namespaces { pid, mount })
}

fn mmap2<'a, O: ByteOrder>(
    header: RecordHeader,
    at: &mut Cursor<'a, O>,
) -> Option<MappingRecord<'a>> {
    let pid = Pid::new(at.i32()?);
    at.i32()?;
    let start = Avma::new(at.u64()?);
    let len = at.u64()?;
    let file_offset = FileOffset::new(at.u64()?);
    let is_by_build = header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID != 0;
    // Either { maj, min, ino, ino_generation } or { u8 len, 3 bytes, u8 build_id[20] }.
    let identity = at.take(24)?;
    let build_id = if is_by_build {
        let len = position(u64::from(*identity.first()?)).min(20);
        BuildId::new(identity.get(4..4 + len)?)
    } else {
        None
    };
    let inode = MappedInode {
        major: u32_at::<O>(identity, 0)?,
        minor: u32_at::<O>(identity, 4)?,
        number: u64_at::<O>(identity, 8)?,
        generation: u64_at::<O>(identity, 16)?,
    };
    let is_file = !is_by_build && inode.number != 0;
    if build_id.is_some() || !is_padded_name(at.rest()) {
        // Protection and flags, which kernels before 3.16 (and that of RHEL 7) do not write.
        at.take(8)?;
    }
    let name = c_string(at.rest());
    Some(MappingRecord {
        pid,
        mode: header.cpu_mode(),
        start,
        len,
        file_offset,
        build_id,
        inode: is_file.then_some(inode),
        name,
    })
}

/// Whether bytes are a name and the one to eight NULs that make it a number of words. Protection
/// and flags with a name behind them are not: they end with a NUL long before.
pub(crate) fn is_padded_name(bytes: &[u8]) -> bool {
    (c_string(bytes).len() + 1).next_multiple_of(8) == bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Big, Little};

    /// A MMAP2 record without header and trailer; `access` are protection and flags.
    fn mmap2_body<O: ByteOrder>(access: Option<[u32; 2]>, name: &str) -> Vec<u8> {
        let u32 = |value: u32| {
            if O::IS_BIG {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        let u64 = |value: u64| {
            if O::IS_BIG {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        let mut body: Vec<u8> = [7, 8].into_iter().flat_map(u32).collect();
        body.extend([0x1000, 0x2000, 0x3000].into_iter().flat_map(u64));
        body.extend([8, 1].into_iter().flat_map(u32));
        body.extend([4711, 1].into_iter().flat_map(u64));
        body.extend(access.into_iter().flatten().flat_map(u32));
        body.extend(name.as_bytes());
        body.push(0);
        body.resize(body.len().next_multiple_of(8), 0);
        body
    }

    /// Kernels 3.12 to 3.15 and RHEL 7 write the name where later ones write protection and flags:
    /// names lost their first eight characters, `/usr/lib64/libc.so.6` was `64/libc.so.6`.
    #[test]
    fn names_of_old_mappings_are_whole() {
        fn check<O: ByteOrder>(access: Option<[u32; 2]>, name: &str) {
            let body = mmap2_body::<O>(access, name);
            let len = u16::try_from(8 + body.len()).unwrap();
            let header = RecordHeader {
                record_type: PERF_RECORD_MMAP2,
                misc: 2,
                len,
            };
            let Some(Sideband::Mapping(found)) = Sideband::parse::<O>(header, &body) else {
                panic!("no mapping");
            };
            assert_eq!(found.name, name.as_bytes(), "{access:?}");
            let inode = MappedInode {
                major: 8,
                minor: 1,
                number: 4711,
                generation: 1,
            };
            assert_eq!(found.inode, Some(inode));
        }
        for name in [
            "",
            "/",
            "//anon",
            "[stack]",
            "/usr/li",
            "/usr/lib",
            "/usr/lib64/libc.so.6",
        ] {
            check::<Little>(None, name);
            check::<Big>(None, name);
            // Protection none, read and execute; flags private, and with MAP_STACK and others.
            for access in [[0, 0], [0, 2], [5, 2], [7, 0x12_0022]] {
                check::<Little>(Some(access), name);
                check::<Big>(Some(access), name);
            }
        }
    }
}
