use super::*;
use crate::bytes::Endian;

const KVM_EXIT_X86: &str = include_str!("../../testdata/formats/kvm_exit-x86-6.1.txt");
const KVM_EXIT_ARM64: &str = include_str!("../../testdata/formats/kvm_exit-arm64-6.1.txt");
const USERSPACE_EXIT: &str = include_str!("../../testdata/formats/kvm_userspace_exit-6.1.txt");
const SCHED_SWITCH: &str = include_str!("../../testdata/formats/sched_switch-6.1.txt");

fn parse(system: &str, text: &str) -> EventFormat {
    EventFormat::parse(system, text).unwrap()
}

/// A format of made-up fields `a` (signed) and `b`, with this `print fmt`.
fn printed(print_fmt: &str) -> EventFormat {
    let text = format!(
        "name: x\nID: 7\nformat:\n\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n\
         \tfield:u64 b;\toffset:16;\tsize:8;\tsigned:0;\n\nprint fmt: {print_fmt}\n"
    );
    parse("s", &text)
}

/// Read off the texts by eye.
#[test]
fn fields_lie_where_the_text_says() {
    let exit = parse("kvm", KVM_EXIT_X86);
    assert_eq!((exit.id, exit.name.as_str()), (1612, "kvm:kvm_exit"));
    assert_eq!(exit.fields.len(), 12);
    let rip = exit.field("guest_rip").unwrap();
    assert_eq!((rip.offset, rip.len, rip.is_signed), (16, 8, false));
    assert_eq!(rip.type_text, "unsigned long");
    assert_eq!(exit.field("rip"), None);
    let switch = parse("sched", SCHED_SWITCH);
    let comm = switch.field("next_comm").unwrap();
    assert_eq!((comm.offset, comm.len), (40, 16));
    assert_eq!(comm.shape, FieldShape::Array);
    assert_eq!(comm.type_text, "char[16]");
    let pid = switch.field("next_pid").unwrap();
    assert_eq!((pid.type_text.as_str(), pid.is_signed), ("pid_t", true));
}

#[test]
fn numbers_and_texts_are_read_in_both_byte_orders() {
    let text = "name: x\nID: 7\nformat:\n\
        \tfield:short n;\toffset:0;\tsize:2;\tsigned:1;\n\
        \tfield:__data_loc char[] d;\toffset:4;\tsize:4;\tsigned:0;\n\
        \tfield:__rel_loc char[] r;\toffset:8;\tsize:4;\tsigned:0;\n\
        \tfield:char c[4];\toffset:12;\tsize:4;\tsigned:0;\n\
        \tfield:unsigned long far;\toffset:4294967290;\tsize:8;\tsigned:0;\n";
    let format = parse("s", text);
    let shape = |name: &str| format.field(name).unwrap().shape;
    assert_eq!(shape("d"), FieldShape::Dynamic);
    assert_eq!(shape("r"), FieldShape::Relative);
    let payload = |order: Endian| {
        let word = |value: u32| match order {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        };
        let n = match order {
            Endian::Little => (-2_i16).to_le_bytes(),
            Endian::Big => (-2_i16).to_be_bytes(),
        };
        let mut bytes = n.to_vec();
        bytes.extend([0, 0]);
        // Three bytes at 16, and three at 12 + 7 = 19.
        bytes.extend(word(3 << 16 | 16));
        bytes.extend(word(3 << 16 | 7));
        bytes.extend(b"ab\0dde\0xy\0");
        bytes
    };
    for order in [Endian::Little, Endian::Big] {
        let bytes = payload(order);
        let text = |name: &str| format.field(name).unwrap().text(&bytes, order);
        let number = |name: &str| format.field(name).unwrap().number(&bytes, order);
        assert_eq!(number("n"), Some(u64::MAX - 1));
        assert_eq!(text("d"), Some(b"de".as_slice()));
        assert_eq!(text("r"), Some(b"xy".as_slice()));
        assert_eq!(text("c"), Some(b"ab".as_slice()));
        assert_eq!(number("far"), None);
        assert_eq!((text("n"), number("c")), (None, None));
        let cut = &bytes[..18];
        assert_eq!(format.field("d").unwrap().text(cut, order), None);
    }
}

/// Values and names stand in the text; 64 is XRSTORS for Intel and an exception for AMD.
#[test]
fn exits_have_the_names_of_their_vendor() {
    let names = parse("kvm", KVM_EXIT_X86).value_names;
    let name = |isa, value| names.symbolic("exit_reason", isa, value);
    assert_eq!(name(Some(1), 30), Some("IO_INSTRUCTION"));
    assert_eq!(name(Some(1), 0x8000_0021), Some("INVALID_STATE"));
    assert_eq!(name(Some(1), 64), Some("XRSTORS"));
    assert_eq!(name(Some(2), 64), Some("DE excp"));
    assert_eq!(name(Some(2), 0x7b), Some("io"));
    assert_eq!(name(Some(2), 0x400), Some("npf"));
    assert_eq!(name(Some(1), 0x400), None);
    assert_eq!(name(None, 64), None);
    assert_eq!(name(None, 30), None);
    let flags = |value| names.flags("exit_reason", Some(1), value);
    assert_eq!(flags(0x8000_0021).as_deref(), Some("FAILED_VMENTRY"));
    assert_eq!(
        flags(0x8400_0021).as_deref(),
        Some("FAILED_VMENTRY 0x4000000")
    );
    assert_eq!(names.flags("exit_reason", Some(2), 1 << 31), None);
}

#[test]
fn names_of_arm64_and_of_user_space_exits_are_found() {
    let exit = parse("kvm", KVM_EXIT_ARM64).value_names;
    assert_eq!(exit.symbolic("esr_ec", None, 0x24), Some("DABT_LOW"));
    assert_eq!(exit.symbolic("ret", None, 0xbad_ca11), Some("HYP_GONE"));
    assert_eq!(exit.symbolic("esr_ec", None, 0x3f), None);
    let user = parse("kvm", USERSPACE_EXIT).value_names;
    assert_eq!(user.symbolic("reason", None, 6), Some("KVM_EXIT_MMIO"));
}

/// The states' letters stand in the text; what the mask leaves of 0x100 is nothing.
#[test]
fn flags_are_masked_before_they_are_named() {
    let names = parse("sched", SCHED_SWITCH).value_names;
    assert_eq!(names.flags("prev_state", None, 1).as_deref(), Some("S"));
    assert_eq!(
        names.flags("prev_state", None, 0x42).as_deref(),
        Some("D|P")
    );
    assert_eq!(names.flags("prev_state", None, 0x100), None);
}

/// What is not understood gives no name; what stands beside it keeps its own.
#[test]
fn unknown_constructs_name_nothing() {
    let format = printed(
        "\"%s %s %s %s\", ({ int i; for (i = 0; i < 3; i++) f(i, \"}\"); __print_symbolic(REC->b, \
         { 1, \"wrong\" }); }), __get_str(b), __print_symbolic(REC->a >> 1, { 010 + 1, \"nine\" }, \
         { NOT_REPLACED, \"no\" }, { 'A', \"letter\" }), __print_symbolic(REC->a + REC->b, { 2, \
         \"sum\" }), __print_flags((u8)REC->b, \"\", { 0x80UL, \"high\" })",
    );
    let names = &format.value_names;
    assert_eq!(names.symbolic("a", None, 18), Some("nine"));
    assert_eq!(names.symbolic("a", None, 130), Some("letter"));
    assert_eq!(names.symbolic("a", None, 2), None);
    assert_eq!(names.symbolic("b", None, 1), None);
    assert_eq!(names.flags("b", None, 0x180).as_deref(), Some("high"));
    assert_eq!(names.flags("b", None, 0x101).as_deref(), Some("0x1"));
}

/// Which of two tables is used may depend on what is not known.
#[test]
fn doubt_between_tables_gives_no_name() {
    let format = printed(
        "\"%s\", REC->a < 0 ? __print_symbolic(REC->b, {1, \"one\"}, {2, \"two\"}) : \
         __print_symbolic(REC->b, {1, \"one\"}, {2, \"other\"})",
    );
    let names = &format.value_names;
    assert_eq!(names.symbolic("b", None, 1), Some("one"));
    assert_eq!(names.symbolic("b", None, 2), None);
    let minus_one = |field: &str| (field == "a").then_some(u64::MAX);
    assert_eq!(names.symbolic_among("b", 2, &minus_one), Some("two"));
    assert_eq!(names.symbolic_among("b", 2, &|_| Some(5)), Some("other"));
}

/// As deep as a text can be, and with numbers as large.
#[test]
fn hostile_expressions_end() {
    let deep = format!("\"\", {}1", "(~".repeat(100_000));
    assert_eq!(printed(&deep).value_names.symbolic("a", None, 1), None);
    let choices = format!("\"\", {}", "1 ? ".repeat(100_000));
    assert_eq!(printed(&choices).value_names.symbolic("a", None, 1), None);
    let sums = format!(
        "\"\", __print_symbolic(REC->a{}, {{ 1, \"x\" }})",
        " + 1".repeat(200_000)
    );
    assert_eq!(printed(&sums).value_names.symbolic("a", None, 1), None);
    let large = "\"\", __print_symbolic(REC->b * REC->b * REC->b << 63, { 1 / 0, \"x\" }, \
                 { -18446744073709551615 % -1, \"zero\" })";
    let names = printed(large).value_names;
    assert_eq!(names.symbolic("b", None, u64::MAX), None);
    assert_eq!(names.symbolic("b", None, 0), Some("zero"));
}

/// By the table: 5.10 has `rip` in `kvm_entry`, 5.8 has not, and 5.9 lies between; `vcpu_id` of
/// `kvm_exit` moved by eight bytes in between.
#[test]
fn built_in_layouts_follow_the_kernel() {
    let of = |release| built_in(Some(Architecture::X86), Some(release), "kvm:kvm_entry");
    let has_rip = |release| of(release).unwrap().field("rip").is_some();
    assert!(has_rip("5.10.89"));
    assert!(has_rip("6.99.0-rc1"));
    assert!(!has_rip("5.9.1-arch"));
    assert!(!has_rip("5.8.1"));
    let entry = of("6.1.0-28-amd64").unwrap();
    assert_eq!(entry.origin, FormatOrigin::BuiltIn);
    assert_eq!(entry.field("vcpu_id").unwrap().offset, 8);
    assert_eq!(entry.field("common_pid").unwrap().offset, 4);
    let exit = built_in(Some(Architecture::X86), Some("5.9"), "kvm:kvm_exit").unwrap();
    assert!(exit.field("vcpu_id").is_none() && exit.field("info2").is_some());
    assert!(of("2.6.18-el5").is_none() && of("unknown").is_none());
    assert!(built_in(None, Some("6.1.0"), "kvm:kvm_entry").is_none());
    assert!(built_in(Some(Architecture::Arm64), Some("6.1.0"), "kvm:kvm_pio").is_none());
    let mmio = built_in(Some(Architecture::Arm64), Some("6.1.0"), "kvm:kvm_mmio").unwrap();
    assert_eq!(mmio.field("gpa").unwrap().offset, 16);
}

/// What a kernel states and what the table says of it are the same.
#[test]
fn built_in_layouts_are_those_of_recorded_formats() {
    let cases = [
        ("kvm", KVM_EXIT_X86, Architecture::X86),
        ("kvm", KVM_EXIT_ARM64, Architecture::Arm64),
        ("kvm", USERSPACE_EXIT, Architecture::Arm64),
        ("sched", SCHED_SWITCH, Architecture::X86),
    ];
    for (system, text, machine) in cases {
        let recorded = parse(system, text);
        let assumed = built_in(Some(machine), Some("6.1.0-28-amd64"), &recorded.name).unwrap();
        let places = |format: &EventFormat| {
            let fields = format.fields.iter();
            fields
                .map(|field| (field.name.clone(), field.offset, field.len, field.shape))
                .collect::<Vec<_>>()
        };
        assert_eq!(places(&recorded), places(&assumed), "{}", recorded.name);
    }
}
