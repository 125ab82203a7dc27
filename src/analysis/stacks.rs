//! Named, tagged stacks.

use hashbrown::HashSet;

use super::Request;
use crate::kvm::{StackView, Tagger};
use crate::shares::{in_shares, in_shares_mut};
use crate::stack::{FrameIx, FrameTable, Tag};
use crate::units::{CpuMode, Pid, Tid};

/// Fewer stacks are not worth a thread.
const MIN_SHARE: usize = 1 << 12;

/// A named stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Where its frames begin in the common list.
    pub(super) start: usize,
    /// Number of frames.
    pub(super) len: usize,
    /// Process.
    pub pid: Pid,
    /// Thread.
    pub tid: Tid,
    /// Mode of the samples themselves.
    pub mode: CpuMode,
    /// Whether the call chain held no address.
    pub chain_is_empty: bool,
    /// Names of the process and of the thread at the time, as indexes into the common list.
    pub(super) names: (u32, u32),
    /// What the stack is doing.
    pub tag: Tag,
    /// Position of the first frame that carries the tag; the number of frames when none does.
    pub deciding: usize,
    /// Number of samples.
    pub samples: u64,
    /// What the samples weigh together.
    pub weight: u64,
    /// The slice of time that the samples lie in; 0 unless slices were asked for.
    pub slice: u32,
    /// Samples whose call chain is as long as the recorder's limit.
    pub(super) truncated: u64,
    /// Samples whose user stack was copied, of which only the instruction pointer is shown.
    pub(super) copied: u64,
    /// The cgroup's path, as an index into the common list; empty when stacks are not split by
    /// cgroup.
    pub(super) cgroup: u32,
}

/// Named stacks, each once, with their frames in one list.
#[derive(Debug, Default)]
pub struct NamedStacks {
    pub(super) stacks: Vec<Stack>,
    pub(super) frames: Vec<FrameIx>,
    pub(super) names: Vec<String>,
    /// Samples that have no frame in the wanted scope.
    pub(super) out_of_scope: u64,
}

impl NamedStacks {
    fn name_of(&self, ix: u32) -> &str {
        usize::try_from(ix)
            .ok()
            .and_then(|ix| self.names.get(ix))
            .map_or("", String::as_str)
    }

    /// Tags all stacks. What one stack of a thread shows, that it runs a vCPU, holds for all.
    pub(super) fn tag(&mut self, tagger: &Tagger, table: &FrameTable, threads: usize) {
        let mut stacks = std::mem::take(&mut self.stacks);
        let of_vcpus = |share: &[Stack]| self.vcpu_threads(share, &mut tagger.clone(), table);
        let vcpus = in_shares(&stacks, (threads, MIN_SHARE), of_vcpus);
        let vcpus: HashSet<(Pid, Tid)> = vcpus.into_iter().flatten().collect();
        in_shares_mut(&mut stacks, (threads, MIN_SHARE), |share| {
            let mut tagger = tagger.clone();
            for stack in share {
                let is_vcpu = vcpus.contains(&(stack.pid, stack.tid));
                let tagged = tagger.tag(&self.view(stack, table, is_vcpu));
                stack.tag = tagged.tag;
                stack.deciding = tagged.deciding;
            }
        });
        self.stacks = stacks;
    }

    /// Threads that are shown by a stack to run a vCPU.
    fn vcpu_threads(
        &self,
        stacks: &[Stack],
        tagger: &mut Tagger,
        table: &FrameTable,
    ) -> HashSet<(Pid, Tid)> {
        let mut vcpus = HashSet::new();
        for stack in stacks {
            let thread = (stack.pid, stack.tid);
            if !vcpus.contains(&thread) && tagger.marks_vcpu_thread(&self.view(stack, table, false))
            {
                vcpus.insert(thread);
            }
        }
        vcpus
    }

    fn view<'v>(
        &'v self,
        stack: &Stack,
        table: &'v FrameTable,
        is_vcpu_thread: bool,
    ) -> StackView<'v> {
        StackView {
            table,
            frames: self.frames(stack),
            process_name: self.name_of(stack.names.0),
            thread_name: self.name_of(stack.names.1),
            is_idle_task: stack.pid == Pid::IDLE,
            is_vcpu_thread,
            leaf_mode: stack.mode,
            chain_is_empty: stack.chain_is_empty,
        }
    }

    /// Drops stacks that the request filters out by what only the timeline or the tag tells;
    /// returns the number of their samples.
    pub(super) fn retain_wanted(&mut self, request: &Request) -> u64 {
        let mut left_out = self.out_of_scope;
        let mut stacks = std::mem::take(&mut self.stacks);
        stacks.retain(|stack| {
            let comm = self.name_of(stack.names.1);
            let wanted = (request.comms.is_empty() || request.comms.iter().any(|c| c == comm))
                && (request.cgroups.is_empty()
                    || request
                        .cgroups
                        .iter()
                        .any(|cgroup| cgroup == self.name_of(stack.cgroup)))
                && !(request.no_idle && stack.tag == Tag::Idle);
            if !wanted {
                left_out += stack.samples;
            }
            wanted
        });
        self.stacks = stacks;
        left_out
    }

    /// Samples whose call chain is as long as the recorder's limit.
    pub(super) fn truncated(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.truncated).sum()
    }

    /// Samples whose user stack was copied, of which only the instruction pointer is shown.
    pub(super) fn copied(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.copied).sum()
    }

    /// The stacks.
    pub fn iter(&self) -> std::slice::Iter<'_, Stack> {
        self.stacks.iter()
    }

    /// The frames of a stack, root first.
    pub fn frames(&self, stack: &Stack) -> &[FrameIx] {
        self.frames
            .get(stack.start..stack.start + stack.len)
            .unwrap_or_default()
    }

    /// The name of a stack's thread.
    pub fn thread_name(&self, stack: &Stack) -> &str {
        self.name_of(stack.names.1)
    }

    /// The name of a stack's process.
    pub fn process_name(&self, stack: &Stack) -> &str {
        self.name_of(stack.names.0)
    }
}
