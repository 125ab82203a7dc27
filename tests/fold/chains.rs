//! Stacks of every kind that the kernel writes, from bytes made by hand to folded lines.
//!
//! The kernel's functions are `k_leaf` at 0xffffffff81000100 and `k_mid` at ...200; the process's
//! are `u_leaf` at 0x401000, `u_mid` at 0x402000 and `u_main` at 0x403000, 0x100 bytes each.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::print_stderr,
    reason = "a test may stop where it does not understand"
)]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use linux_perf_data::linux_perf_event_reader::AttrFlags;
use vmflame::analysis::{Profile, Request, profile};
use vmflame::bytes::Little;
use vmflame::name::Grouping;
use vmflame::object::ObjectSearch;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::abi::{
    PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_CONTEXT_USER_DEFERRED,
    PERF_RECORD_CALLCHAIN_DEFERRED, PERF_RECORD_CGROUP, PERF_SAMPLE_BRANCH_CALL_STACK,
    PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CGROUP, PERF_SAMPLE_REGS_USER,
    PERF_SAMPLE_STACK_USER,
};
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, RegisterValues,
    SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

const KERNEL: u16 = 1;
const USER: u16 = 2;
const PID: Pid = Pid::new(7);
const TID: Tid = Tid::new(7);
const K_LEAF: u64 = 0xffff_ffff_8100_0110;
const K_MID: u64 = 0xffff_ffff_8100_0210;
const U_LEAF: u64 = 0x40_1010;
const U_MID: u64 = 0x40_2010;
const U_MAIN: u64 = 0x40_3010;

fn at(nanos: u64) -> SampleValues<'static> {
    let (pid, tid, time) = (PID, TID, Timestamp::from_nanos(nanos));
    SampleValues {
        id: 1,
        pid,
        tid,
        time,
        period: 1,
        ..SampleValues::default()
    }
}

/// An event of id 1, changed as a test wants it.
fn event(change: impl FnOnce(&mut WrittenEvent)) -> WrittenEvent {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    change(&mut event);
    event
}

/// Writes a capture directory with names for all addresses, runs the pipeline and returns what
/// came of it with the folded lines.
fn run(
    event: &WrittenEvent,
    request: &Request,
    fill: impl FnOnce(&mut RecordWriter<Little>),
) -> (Profile, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let build_id = BuildId::new(&[0xaa; 20]).unwrap();
    fs::write(
        path.join("kallsyms"),
        "ffffffff81000000 T _text\nffffffff81000100 t k_leaf\nffffffff81000200 t k_mid\n\
         ffffffff81000280 t asm_sysvec_test\n\
         ffffffff810002c0 t arch_rethook_trampoline\n\
         ffffffff810002e0 t __x86_indirect_thunk_rax\n\
         ffffffff81000300 T _etext\n",
    )
    .unwrap();
    fs::create_dir(path.join("symbols")).unwrap();
    fs::write(
        path.join(format!("symbols/{build_id}.txt")),
        "# segment 0 0 10000\n1000 100 u_leaf\n2000 100 u_mid\n3000 100 u_main\n\
         4000 80 u_before\n4080 9 __restore_rt\n5000 10 _start\n5010 40 _dl_start_user\n\
         6000 40 __start_context\n7000 40 u_alone\n",
    )
    .unwrap();
    let description = Description {
        events: vec![event.clone()],
        features: vec![FeatureSection::text(
            linux_perf_data::Feature::ARCH,
            "x86_64",
        )],
    };
    let mut file = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    let mut records = RecordWriter::<Little>::new();
    let start = at(0);
    let trailer = Some((&event.attr, &start));
    let kernel = WrittenRecord::Mmap {
        pid: Pid::KERNEL,
        tid: Tid::new(0),
        start: Avma::new(0xffff_ffff_8100_0000),
        len: 0x1000,
        file_offset: FileOffset::new(0xffff_ffff_8100_0000),
        name: b"[kernel.kallsyms]_text",
    };
    records.entry(KERNEL, &kernel, trailer);
    let program = WrittenRecord::Mmap2 {
        pid: PID,
        tid: TID,
        start: Avma::new(0x40_0000),
        len: 0x1_0000,
        file_offset: FileOffset::new(0),
        identity: FileIdentity::BuildId(build_id),
        prot: 5,
        flags: 2,
        name: b"/bin/program",
    };
    records.entry(USER, &program, trailer);
    records.entry(
        0,
        &WrittenRecord::Comm {
            pid: PID,
            tid: TID,
            name: b"program",
        },
        trailer,
    );
    fill(&mut records);
    file.write(records.bytes()).unwrap();
    fs::write(path.join("perf.data"), file.finish().unwrap().into_inner()).unwrap();
    let profile = profile_of(path, request);
    let mut text = Vec::new();
    write_folded(&profile.tree(), &profile.frames, Annotate::None, &mut text).unwrap();
    let lines = String::from_utf8(text)
        .unwrap()
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    (profile, lines)
}

fn profile_of(path: &Path, request: &Request) -> Profile {
    let capture = Capture::open(&path.join("perf.data")).unwrap();
    let search = ObjectSearch {
        capture_dir: Some(path.to_owned()),
        ..ObjectSearch::default()
    };
    profile(
        &capture,
        &SymbolRequest {
            search,
            ..SymbolRequest::default()
        },
        request,
    )
    .unwrap()
}

fn by_comm() -> Request {
    Request {
        grouping: Grouping::Comm,
        threads: 1,
        ..Request::default()
    }
}

/// The plain case, against which the others are read.
#[test]
fn frame_pointer_chains_go_from_user_to_kernel() {
    let chain = [
        PERF_CONTEXT_KERNEL,
        K_LEAF,
        K_MID,
        PERF_CONTEXT_USER,
        U_LEAF,
        U_MID,
        U_MAIN,
    ];
    let event = event(|_| ());
    let (_, lines) = run(&event, &by_comm(), |records| {
        records.sample(
            &event.attr,
            KERNEL,
            &SampleValues {
                chain: &chain,
                ip: K_LEAF,
                ..at(10)
            },
        );
    });
    assert_eq!(lines, ["program;u_main;u_mid;u_leaf;k_mid;k_leaf 1"]);
}

/// The kernel and the C library write addresses of functions where a return address belongs; perf
/// script, which looks all addresses up as they are, names them. By hand: other return addresses are
/// of calls, also where a call ends its function; a sample's own address is exact.
#[test]
fn known_trampolines_are_returned_to_at_their_first_byte() {
    const PROBES: u64 = 0x7fff_ffff_e000;
    const TRAMPOLINE: u64 = 0xffff_ffff_8100_02c0;
    const THUNK: u64 = 0xffff_ffff_8100_02e0;
    let user: [(&[u64], &str); 10] = [
        (&[U_LEAF, 0x40_4080, U_MAIN], "u_main;__restore_rt;u_leaf"),
        // The instruction that is run is the last one of the function before.
        (&[0x40_407f, 0x40_4080], "__restore_rt;u_before"),
        (&[0x40_4080], "__restore_rt"),
        (&[U_LEAF, 0x40_4081], "__restore_rt;u_leaf"),
        (&[U_LEAF, 0x40_4079], "u_before;u_leaf"),
        // Before it lies no function.
        (&[U_LEAF, 0x40_6000], "__start_context;u_leaf"),
        // Not known: nobody's, or of a call at the very end.
        (&[U_LEAF, 0x40_7000], "[program];u_leaf"),
        (&[U_LEAF, 0x40_5010], "_start;u_leaf"),
        // The page of return probes begins with its trampoline.
        (&[U_LEAF, PROBES, U_MAIN], "u_main;[uprobes];u_leaf"),
        (&[U_LEAF, PROBES + 0x1000], "[uprobes];u_leaf"),
    ];
    let in_run = [&[THUNK + 4, K_MID & !0xff][..], &[K_LEAF; 6]].concat();
    let kernel: [(&[u64], &str); 6] = [
        // A thunk is about to jump to where a function begins, and is called from elsewhere.
        (
            &[THUNK + 4, K_MID & !0xff, K_LEAF],
            "k_leaf;k_mid;__x86_indirect_thunk_rax",
        ),
        (&[THUNK, K_MID], "k_mid;__x86_indirect_thunk_rax"),
        (
            &in_run,
            "k_leaf;k_leaf;k_leaf;k_leaf;k_leaf;k_leaf;k_mid;__x86_indirect_thunk_rax",
        ),
        (&[K_LEAF, TRAMPOLINE], "arch_rethook_trampoline;k_leaf"),
        (
            &[TRAMPOLINE - 1, TRAMPOLINE],
            "arch_rethook_trampoline;asm_sysvec_test",
        ),
        (&[K_LEAF, K_MID & !0xff], "k_leaf;k_leaf"),
    ];
    for ((addresses, expected), marker) in (user.into_iter().map(|case| (case, PERF_CONTEXT_USER)))
        .chain(kernel.into_iter().map(|case| (case, PERF_CONTEXT_KERNEL)))
    {
        let event = event(|_| ());
        let mut chain = vec![marker];
        chain.extend(addresses);
        let (_, lines) = run(&event, &by_comm(), |records| {
            let start = at(0);
            let probes = WrittenRecord::Mmap2 {
                pid: PID,
                tid: TID,
                start: Avma::new(PROBES),
                len: 0x1000,
                file_offset: FileOffset::new(0),
                identity: FileIdentity::Inode {
                    major: 0,
                    minor: 0,
                    inode: 0,
                    generation: 0,
                },
                prot: 4,
                flags: 2,
                name: b"[uprobes]",
            };
            records.entry(USER, &probes, Some((&event.attr, &start)));
            let sample = SampleValues {
                chain: &chain,
                ip: addresses[0],
                ..at(10)
            };
            records.sample(&event.attr, KERNEL, &sample);
        });
        assert_eq!(lines, [format!("program;{expected} 1")], "{addresses:x?}");
    }
}

/// What an interrupt's entry code stands on is the instruction it interrupted, not a return address.
/// By hand: the byte before `k_mid`'s first one is `k_leaf`'s; the same callers mean another thing
/// above another function.
#[test]
fn what_an_interrupt_stands_on_in_the_kernel_is_exact() {
    const ENTRY: u64 = 0xffff_ffff_8100_0290;
    const K_MID_START: u64 = 0xffff_ffff_8100_0200;
    let chains: [&[u64]; 4] = [
        &[PERF_CONTEXT_KERNEL, K_LEAF, K_MID_START],
        &[PERF_CONTEXT_KERNEL, ENTRY, K_MID_START],
        &[PERF_CONTEXT_KERNEL, K_LEAF, ENTRY, K_MID_START],
        &[PERF_CONTEXT_KERNEL, K_LEAF, ENTRY, K_MID_START, K_MID_START],
    ];
    let event = event(|_| ());
    let (_, lines) = run(&event, &by_comm(), |records| {
        for chain in chains {
            let sample = SampleValues { chain, ..at(10) };
            records.sample(&event.attr, KERNEL, &sample);
        }
    });
    let expected = [
        "program;k_leaf;k_leaf 1",
        "program;k_leaf;k_mid;asm_sysvec_test;k_leaf 1",
        "program;k_mid;asm_sysvec_test 1",
        "program;k_mid;asm_sysvec_test;k_leaf 1",
    ];
    assert_eq!(lines, expected);
}

/// An interrupt's entry code ends the kernel's part; the user's return addresses behind it are
/// still return addresses. By hand: the byte before `u_mid` is in no function.
#[test]
fn an_interrupt_of_user_code_leaves_its_return_addresses() {
    let chain = [
        PERF_CONTEXT_KERNEL,
        K_LEAF,
        0xffff_ffff_8100_0290,
        PERF_CONTEXT_USER,
        0x40_1000,
        0x40_2000,
    ];
    let event = event(|_| ());
    let (_, lines) = run(&event, &by_comm(), |records| {
        let values = SampleValues {
            chain: &chain,
            ip: K_LEAF,
            ..at(10)
        };
        records.sample(&event.attr, KERNEL, &values);
    });
    assert_eq!(lines, ["program;[program];u_leaf;asm_sysvec_test;k_leaf 1"]);
}

/// With `--call-graph lbr` the chain's own user part is one address; the open calls are the stack.
#[test]
fn open_calls_take_the_place_of_the_user_chain() {
    let event = event(|event| {
        event.attr.sample_type |= PERF_SAMPLE_BRANCH_STACK;
        event.attr.branch_sample_type = PERF_SAMPLE_BRANCH_CALL_STACK;
    });
    let chain = [PERF_CONTEXT_KERNEL, K_LEAF, PERF_CONTEXT_USER, U_LEAF];
    // Newest first: u_mid called u_leaf, u_main called u_mid.
    let branches = [[U_MID, 0x40_1000, 0], [U_MAIN, 0x40_2000, 0]];
    let (_, lines) = run(&event, &by_comm(), |records| {
        let values = SampleValues {
            chain: &chain,
            branches: &branches,
            ip: K_LEAF,
            ..at(10)
        };
        records.sample(&event.attr, KERNEL, &values);
    });
    assert_eq!(lines, ["program;u_main;u_mid;u_leaf;k_leaf 1"]);
}

/// `perf record -b` without `-g` has no stacks: what there is must not be taken for one.
#[test]
fn last_branches_without_a_chain_are_shown_as_such() {
    let event = event(|event| {
        event.attr.sample_type |= PERF_SAMPLE_BRANCH_STACK;
        event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
        event.attr.branch_sample_type = 8;
    });
    // Behind the branches, records that the processor has not filled.
    let branches = [[U_MID, U_LEAF, 0], [U_MAIN, U_MID, 0], [0, 0, 2]];
    let (profile, lines) = run(&event, &by_comm(), |records| {
        let values = SampleValues {
            branches: &branches,
            ip: U_LEAF,
            ..at(10)
        };
        records.sample(&event.attr, USER, &values);
    });
    assert_eq!(lines, ["program;[last branches];u_main;u_mid;u_leaf 1"]);
    assert_eq!(profile.account.tally.last_branches, 1);
}

/// Guests without branch records write entries of zeros, flagged as predicted: none is a frame.
#[test]
fn branches_of_zeros_are_no_stack() {
    let zeros = [[0, 0, 2]; 4];
    let none: &[[u64; 3]] = &[];
    for branches in [none, &zeros] {
        let flat = event(|event| {
            event.attr.sample_type |= PERF_SAMPLE_BRANCH_STACK;
            event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
            event.attr.branch_sample_type = 8;
        });
        let values = SampleValues {
            branches,
            ip: U_LEAF,
            ..at(10)
        };
        let (profile, lines) = run(&flat, &by_comm(), |records| {
            records.sample(&flat.attr, USER, &values);
        });
        assert_eq!(lines, ["program;u_leaf 1"]);
        assert_eq!(profile.account.tally.last_branches, 0);
        // With a chain, its own user part stays.
        let open_calls = event(|event| {
            event.attr.sample_type |= PERF_SAMPLE_BRANCH_STACK;
            event.attr.branch_sample_type = PERF_SAMPLE_BRANCH_CALL_STACK;
        });
        let chain = [PERF_CONTEXT_USER, U_LEAF, U_MAIN + 1];
        let values = SampleValues {
            chain: &chain,
            ..values
        };
        let (_, lines) = run(&open_calls, &by_comm(), |records| {
            records.sample(&open_calls.attr, USER, &values);
        });
        assert_eq!(lines, ["program;u_main;u_leaf 1"]);
    }
}

/// One deferred record serves all samples with its cookie; a cookie that never comes leaves the
/// kernel part and is counted.
#[test]
fn deferred_user_chains_are_joined_by_cookie() {
    let event = event(|_| ());
    let chain = |cookie| {
        [
            PERF_CONTEXT_KERNEL,
            K_LEAF,
            PERF_CONTEXT_USER_DEFERRED,
            cookie,
        ]
    };
    let (profile, lines) = run(&event, &by_comm(), |records| {
        for (time, cookie) in [(10, 5), (11, 5), (12, 6)] {
            let values = SampleValues {
                chain: &chain(cookie),
                ip: K_LEAF,
                ..at(time)
            };
            records.sample(&event.attr, KERNEL, &values);
        }
        let user = [PERF_CONTEXT_USER, U_LEAF, U_MAIN];
        let body: Vec<u8> = [5, 3]
            .iter()
            .chain(&user)
            .flat_map(|word: &u64| word.to_le_bytes())
            .collect();
        let record_type = PERF_RECORD_CALLCHAIN_DEFERRED;
        let later = at(20);
        let trailer = Some((&event.attr, &later));
        records.entry(
            USER,
            &WrittenRecord::Other {
                record_type,
                body: &body,
            },
            trailer,
        );
    });
    assert_eq!(
        lines,
        ["program;k_leaf 1", "program;u_main;u_leaf;k_leaf 2"]
    );
    assert_eq!(profile.account.tally.user_part_missing, 1);
    assert!(profile.account.tally.adds_up());
}

/// A copied stack that no object file is at hand for: its instruction pointer is shown, and a mark.
#[test]
fn copied_stacks_show_their_instruction_pointer() {
    let event = event(|event| {
        event.attr.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
        event.attr.flags |= AttrFlags::EXCLUDE_CALLCHAIN_USER;
        event.attr.regs_user = 0xff_0fff;
        event.attr.stack_user = 16;
    });
    let mut values = [0; 20];
    values[8] = U_MID;
    let chain = [PERF_CONTEXT_KERNEL, K_LEAF];
    let (profile, lines) = run(&event, &by_comm(), |records| {
        let sample = SampleValues {
            chain: &chain,
            ip: K_LEAF,
            user_registers: RegisterValues {
                abi: 2,
                values: &values,
            },
            user_stack: &[0; 16],
            user_stack_filled: 16,
            ..at(10)
        };
        records.sample(&event.attr, KERNEL, &sample);
    });
    assert_eq!(lines, ["program;[not unwound];u_mid;k_leaf 1"]);
    assert_eq!(profile.account.tally.not_unwound, 1);
    assert_eq!(profile.account.tally.without_file, 1);
}

/// Every copy counts that is not unwound, whatever the mode of the sample and whether its registers
/// are known; kernel threads have none. By hand, as the kernel writes them.
#[test]
fn copies_of_the_user_stack_are_counted_in_every_mode() {
    let with_copy = |flags| {
        event(|event| {
            event.attr.sample_type |= PERF_SAMPLE_STACK_USER;
            event.attr.flags |= flags;
            event.attr.stack_user = 16;
        })
    };
    let user_only = [PERF_CONTEXT_USER, U_LEAF];
    let kernel = [PERF_CONTEXT_KERNEL, K_LEAF];
    let whole = [PERF_CONTEXT_KERNEL, K_LEAF, PERF_CONTEXT_USER, U_LEAF];
    let excluded = AttrFlags::EXCLUDE_CALLCHAIN_USER;
    for (flags, mode, chain, filled, line, copied) in [
        (excluded, USER, &[][..], 16, "program;u_leaf 1", 1),
        (excluded, USER, &user_only, 16, "program;u_leaf 1", 1),
        (excluded, KERNEL, &kernel, 16, "program;k_leaf 1", 1),
        (excluded, KERNEL, &kernel, 0, "program;k_leaf 1", 0),
        (
            AttrFlags::empty(),
            KERNEL,
            &whole,
            16,
            "program;u_leaf;k_leaf 1",
            1,
        ),
    ] {
        let event = with_copy(flags);
        let (profile, lines) = run(&event, &by_comm(), |records| {
            let sample = SampleValues {
                chain,
                ip: U_LEAF,
                user_stack: &[0; 16],
                user_stack_filled: filled,
                ..at(10)
            };
            records.sample(&event.attr, mode, &sample);
        });
        assert_eq!(lines, [line]);
        assert_eq!(profile.account.tally.copied_stacks, copied, "{line}");
    }
}

/// Containers of one name are told apart by their cgroup's path.
#[test]
fn cgroups_group_and_filter() {
    let event = event(|event| event.attr.sample_type |= PERF_SAMPLE_CGROUP);
    let chain = [PERF_CONTEXT_USER, U_MAIN];
    let fill = |records: &mut RecordWriter<Little>| {
        for (id, path) in [(3_u64, b"/vm/a\0\0\0"), (4, b"/vm/b\0\0\0")] {
            let body: Vec<u8> = id.to_le_bytes().into_iter().chain(*path).collect();
            let start = at(0);
            let other = WrittenRecord::Other {
                record_type: PERF_RECORD_CGROUP,
                body: &body,
            };
            records.entry(0, &other, Some((&event.attr, &start)));
        }
        for (time, cgroup) in [(10, 3), (11, 4), (12, 4), (13, 9)] {
            let values = SampleValues {
                chain: &chain,
                ip: U_MAIN,
                cgroup,
                ..at(time)
            };
            records.sample(&event.attr, USER, &values);
        }
    };
    let grouped = Request {
        grouping: Grouping::Cgroup,
        ..by_comm()
    };
    let (_, lines) = run(&event, &grouped, fill);
    let expected = [
        "/vm/a;program;u_main 1",
        "/vm/b;program;u_main 2",
        "cgroup_9;program;u_main 1",
    ];
    assert_eq!(lines, expected);
    let filtered = Request {
        cgroups: vec!["/vm/b".to_owned()],
        ..by_comm()
    };
    let (profile, lines) = run(&event, &filtered, fill);
    assert_eq!(lines, ["program;u_main 2"]);
    assert_eq!(
        (profile.account.tally.folded, profile.account.tally.filtered),
        (2, 2)
    );
}

/// Names of mappings must follow time, not the place in the file: the mapping's record comes
/// behind the sample that needs it.
#[test]
fn sideband_behind_its_samples_still_counts() {
    let event = event(|_| ());
    let chain = [PERF_CONTEXT_USER, 0x80_1010];
    let (_, lines) = run(&event, &by_comm(), |records| {
        let values = SampleValues {
            chain: &chain,
            ip: 0x80_1010,
            ..at(20)
        };
        records.sample(&event.attr, USER, &values);
        let late = at(10);
        let mapping = WrittenRecord::Mmap2 {
            pid: PID,
            tid: TID,
            start: Avma::new(0x80_0000),
            len: 0x1_0000,
            file_offset: FileOffset::new(0),
            identity: FileIdentity::BuildId(BuildId::new(&[0xaa; 20]).unwrap()),
            prot: 5,
            flags: 2,
            name: b"/bin/program",
        };
        records.entry(USER, &mapping, Some((&event.attr, &late)));
    });
    assert_eq!(lines, ["program;u_leaf 1"]);
}

/// A guest sample has a chain of markers only and must count all the same.
#[test]
fn guest_samples_are_samples() {
    let event = event(|_| ());
    let chain = [PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER];
    let (profile, lines) = run(&event, &by_comm(), |records| {
        for time in 10..13 {
            let values = SampleValues {
                chain: &chain,
                ip: 0x1234,
                ..at(time)
            };
            records.sample(&event.attr, 4, &values);
        }
        records.sample(
            &event.attr,
            5,
            &SampleValues {
                chain: &chain,
                ip: 0x99,
                ..at(13)
            },
        );
    });
    assert_eq!(
        lines,
        ["program;[guest kernel] 3", "program;[guest user] 1"]
    );
    assert_eq!(profile.totals, [(vmflame::stack::Tag::Guest, 4)]);
}
