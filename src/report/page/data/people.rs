//! VMs and threads of a side, each with its number.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::analysis::threads::ThreadRole;
use crate::kvm::exit::Task;
use crate::report::page::model::PageSide;
use crate::report::page::time_use::vm_name;
use crate::units::{Pid, Tid};

/// A thread as the script is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Person {
    comm: String,
    role: ThreadRole,
    vm: Option<Pid>,
    vcpu: Option<u32>,
}

/// The VMs and threads that have samples or exits.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::report::page) struct People {
    threads: BTreeMap<Task, Person>,
    /// The number of each, by which they are in order.
    numbers: BTreeMap<Task, i64>,
    /// The number of the thread of an id; `None` where there are several.
    of_tids: BTreeMap<Tid, Option<i64>>,
    /// The VMs, with what they are called.
    vms: BTreeMap<Pid, String>,
}

impl People {
    /// Those of a side. Of an id that the kernel gave to two threads of a process in turn, both are one.
    pub(in crate::report::page) fn of(side: &PageSide<'_>) -> Self {
        let mut people = Self::default();
        let samples = side.profile.as_ref().ok();
        let samples = samples.and_then(|profile| profile.samples.as_ref());
        if let Some(samples) = samples {
            let threads = samples.threads();
            let mut has_rows = vec![false; threads.len()];
            for row in samples.iter() {
                if let Some(has) = has_rows.get_mut(row.thread as usize) {
                    *has = true;
                }
            }
            for (thread, _) in threads.iter().zip(has_rows).filter(|(_, has)| *has) {
                let task = Task {
                    pid: Some(thread.thread.pid),
                    tid: thread.thread.tid,
                };
                let vcpu = match thread.role {
                    ThreadRole::Vcpu(number) => number,
                    ThreadRole::Emulator
                    | ThreadRole::IoThread
                    | ThreadRole::Vhost
                    | ThreadRole::Host => None,
                };
                people.threads.insert(
                    task,
                    Person {
                        comm: thread.name.clone(),
                        role: thread.role,
                        vm: thread.vm,
                        vcpu,
                    },
                );
            }
        }
        let recorded = side.exits.recorded;
        for vcpu in recorded.survey.vcpus() {
            let name = recorded.names.get(&vcpu.task.tid);
            let person = people.threads.entry(vcpu.task).or_insert_with(|| Person {
                comm: name
                    .cloned()
                    .unwrap_or_else(|| format!(":{}", vcpu.task.tid)),
                role: ThreadRole::Vcpu(vcpu.vcpu),
                vm: vcpu.task.pid,
                vcpu: None,
            });
            person.vcpu = vcpu.vcpu.or(person.vcpu);
        }
        let vms = people.threads.values().filter_map(|person| person.vm);
        people.vms = vms.map(|vm| (vm, vm_name(side, Some(vm)))).collect();
        people.give_numbers();
        people
    }

    /// Numbers the threads, which are all there.
    fn give_numbers(&mut self) {
        self.numbers = self.threads.keys().copied().zip(0..).collect();
        for (task, number) in &self.numbers {
            let of_tid = self.of_tids.entry(task.tid);
            of_tid
                .and_modify(|several| *several = None)
                .or_insert(Some(*number));
        }
    }

    /// The number of a thread; -1 where it is not among them.
    pub(in crate::report::page) fn number_of(&self, task: Task) -> i64 {
        self.numbers.get(&task).copied().unwrap_or(-1)
    }

    /// The number of the only thread of an id, which is given in decimal digits.
    pub(in crate::report::page) fn number_of_tid(&self, tid: &str) -> Option<i64> {
        let tid = Tid::new(tid.parse().ok()?);
        self.of_tids.get(&tid).copied().flatten()
    }

    /// The number of a VM.
    pub(in crate::report::page) fn number_of_vm(&self, vm: Option<Pid>) -> i64 {
        let mut vms = self.vms.keys();
        let place = vm.and_then(|vm| vms.position(|known| *known == vm));
        place
            .and_then(|place| i64::try_from(place).ok())
            .unwrap_or(-1)
    }

    pub(super) fn vms_json(&self) -> Value {
        let vms = self.vms.iter();
        vms.map(|(vm, name)| json!({ "name": name, "pid": vm.as_i32() }))
            .collect()
    }

    pub(super) fn threads_json(&self) -> Value {
        let threads = self.threads.iter().map(|(task, person)| {
            let role = match person.role {
                ThreadRole::Vcpu(_) => "vcpu",
                ThreadRole::Emulator => "emulator",
                ThreadRole::IoThread => "iothread",
                ThreadRole::Vhost => "vhost",
                ThreadRole::Host => "host",
            };
            json!({
                "comm": person.comm,
                "pid": task.pid.map_or(-1, Pid::as_i32),
                "tid": task.tid.as_i32(),
                "vm": self.number_of_vm(person.vm),
                "vcpu": person.vcpu.map_or(-1, i64::from),
                "role": role,
            })
        });
        threads.collect()
    }
}
