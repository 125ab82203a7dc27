//! From addresses of the kernel to frames.

use super::namer::Namer;
use super::piece::KnownName;
use super::shown_frame::{UNKNOWN, function, shown, unresolved_frame};
use super::unnamed::{Reason, ReasonIx};
use crate::space::DsoIx;
use crate::stack::{Frame, FrameIx, FrameKind};
use crate::symbol::{Unresolved, VSYSCALL, VsyscallEntry, dso_of_kernel_code, module_short_name};
use crate::units::{Avma, CpuMode};

impl Namer<'_> {
    /// The frame of an address of the kernel or of a module, and why it has no name.
    pub(super) fn kernel_frame(&mut self, at: Avma) -> (FrameIx, Option<ReasonIx>) {
        let found = match &self.kernel {
            Some(kernel) => kernel.look_up(at),
            None => Err(Unresolved::NoKernelSymbols),
        };
        let found = found.or_else(|cause| self.kernel_objects.look_up(at, cause));
        match found {
            Ok(symbol) => {
                let chain = self.kernel_objects.chain(at);
                let frame = Frame {
                    name: shown(symbol.name, self.detail).into(),
                    dso: symbol.dso().into(),
                    mode: CpuMode::Kernel,
                    kind: FrameKind::Function,
                    line: chain.and_then(|found| found.code.line_of_holder(found.chain)),
                };
                (self.frames.intern(frame), None)
            }
            Err(cause) => {
                let mapping = self.timeline.kernel_mapping_of(at);
                let dso = mapping
                    .map(|m| module_short_name(&m.name))
                    .unwrap_or_default();
                let object = if dso.is_empty() { UNKNOWN } else { &dso };
                let reason = self.reasons.intern(Reason {
                    object: object.into(),
                    build_id: None,
                    cause,
                });
                let frame = unresolved_frame(&mut self.frames, &dso, CpuMode::Kernel);
                (frame, Some(reason))
            }
        }
    }

    /// Adds the functions that are inlined at an address of the kernel behind the one that holds it;
    /// returns where they end.
    pub(super) fn add_inlined(&mut self, at: Avma, holder: KnownName) -> usize {
        let found = self.kernel_objects.chain(at);
        // Where the holder has no name, debug information is of other code.
        let Some(found) = found.filter(|_| holder.reason.is_none()) else {
            return holder.end;
        };
        let dso = self
            .location_frames
            .last()
            .map(|&ix| self.frames.get(ix).dso.clone());
        let dso = dso.unwrap_or_default();
        let inlined = found.code.inlined(found.chain, &dso, CpuMode::Kernel);
        let inlined = inlined.map(|frame| self.frames.intern(frame));
        self.location_frames.extend(inlined);
        self.location_frames.len()
    }

    /// The frame of a system call at a fixed address, and why it has no name.
    pub(super) fn vsyscall_frame(&mut self, entry: VsyscallEntry) -> (FrameIx, Option<ReasonIx>) {
        if let Some(name) = entry.name() {
            let frame = function(&mut self.frames, name, VSYSCALL, CpuMode::User);
            return (frame, None);
        }
        let reason = self.reasons.intern(Reason {
            object: VSYSCALL.into(),
            build_id: None,
            cause: Unresolved::NoSymbol,
        });
        let frame = unresolved_frame(&mut self.frames, VSYSCALL, CpuMode::User);
        (frame, Some(reason))
    }

    /// The frame of code that the kernel made at run time.
    pub(super) fn kernel_code_frame(&mut self, code: DsoIx) -> FrameIx {
        let name = self.timeline.kernel_code_name(code).unwrap_or(UNKNOWN);
        let dso = dso_of_kernel_code(name);
        function(&mut self.frames, name, dso, CpuMode::Kernel)
    }
}
