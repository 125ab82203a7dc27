//! The code that the kernel maps into every process, and that lies in no file.

use std::path::Path;

use super::request::LiveKernel;
use crate::object::read_build_id;
use crate::symbol::elf::{ObjectSymbols, Places};
use crate::units::{Avma, BuildId};

/// How the kernel calls it in its mapping records.
pub(crate) const VDSO: &str = "[vdso]";

/// Processes of 32 bits map another one under the same name, below this address.
///
/// Source: `IA32_PAGE_OFFSET`, `arch/x86/include/asm/page_64_types.h`, and `TASK_SIZE_32`,
/// `arch/arm64/include/asm/processor.h`, Linux 6.1.
const TOP_OF_32_BITS: Avma = Avma::new(1 << 32);

/// The functions of the running kernel's vdso, where it is the recorded one: it has the recorded
/// build id, or the capture tells none and `is_recorded_here`. `lowest` is the lowest address at
/// which a process maps it.
pub(crate) fn of_running_kernel(
    live: &LiveKernel,
    build_id: Option<&BuildId>,
    is_recorded_here: bool,
    lowest: Option<Avma>,
) -> Option<ObjectSymbols> {
    let is_recorded = is_of_running_kernel(live, build_id, is_recorded_here, lowest);
    let read = || ObjectSymbols::parse_elf(Path::new(VDSO), &live.vdso, Places::Everywhere);
    let object = is_recorded.then(read);
    object?.ok()
}

/// Whether the running kernel's vdso is the recorded one, as [`of_running_kernel`] takes it.
pub(crate) fn is_of_running_kernel(
    live: &LiveKernel,
    build_id: Option<&BuildId>,
    is_recorded_here: bool,
    lowest: Option<Avma>,
) -> bool {
    match build_id {
        Some(recorded) => read_build_id(&live.vdso).as_ref() == Some(recorded),
        None => is_recorded_here && lowest.is_some_and(|lowest| lowest >= TOP_OF_32_BITS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    /// Any object of this machine may stand for the vdso: what is decided is whether it is used.
    fn live() -> Option<LiveKernel> {
        let paths = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib/aarch64-linux-gnu/libc.so.6",
        ];
        let image = paths.iter().find_map(|path| std::fs::read(path).ok())?;
        Some(LiveKernel {
            build_id: BuildId::new(&[1; 20])?,
            kallsyms: "/nowhere".into(),
            host_name: String::new(),
            release: String::new(),
            input_written: Some(Timestamp::default()),
            input_changed: None,
            input_begun: None,
            clocks: None,
            vdso: image.into(),
        })
    }

    /// A build id decides where there is one. Without one this machine must have made the capture,
    /// and no 32-bit process, whose vdso is another one, may be among those that map it.
    #[test]
    fn the_running_kernels_vdso_is_used_where_it_is_the_recorded_one() {
        let Some(live) = live() else {
            return;
        };
        let own = read_build_id(&live.vdso);
        let other = BuildId::new(&[2; 20]);
        let (high, low) = (Avma::new(0x7fff_0000_0000), Avma::new(0xf7f0_0000));
        let cases = [
            (own.as_ref(), false, Some(low), true),
            (other.as_ref(), true, Some(high), false),
            (None, true, Some(high), true),
            (None, true, Some(low), false),
            (None, true, None, false),
            (None, false, Some(high), false),
        ];
        for (build_id, is_recorded_here, lowest, is_used) in cases {
            let found = of_running_kernel(&live, build_id, is_recorded_here, lowest);
            let case = (build_id, is_recorded_here, lowest);
            assert_eq!(found.is_some(), is_used, "{case:?}");
        }
        let unknown = LiveKernel {
            vdso: Box::default(),
            ..live
        };
        assert!(of_running_kernel(&unknown, None, true, Some(high)).is_none());
    }
}
