//! Which samples are wanted.

use super::headings::SAMPLES;
use clap::Args;
use vmflame::analysis::{Request, TimeRequest, parse_times};
use vmflame::units::{Cpu, Pid, Tid};

// Which samples are wanted.
#[derive(Args, Clone, Debug)]
pub(crate) struct FilterOptions {
    /// The event to show (default: one with samples; a clock or cycles before other events, those
    /// before tracepoints, and with call chains before without).
    #[arg(help_heading = SAMPLES, short, long)]
    pub(crate) event: Option<String>,
    /// Only these VMs: names that their VMMs give them, or pids, separated by commas. Names are told
    /// by the command line in a capture directory (qemu-proc-cmdline.txt), or by the process where
    /// it still runs.
    #[arg(help_heading = SAMPLES, long, value_delimiter = ',', value_name = "NAME|PID")]
    pub(crate) vm: Vec<String>,
    /// Only these processes: pids, separated by commas.
    #[arg(help_heading = SAMPLES, short, long, value_delimiter = ',', value_name = "PID")]
    pub(crate) pid: Vec<i32>,
    /// Only these threads: tids, separated by commas.
    #[arg(help_heading = SAMPLES, short, long, value_delimiter = ',', value_name = "TID")]
    pub(crate) tid: Vec<i32>,
    /// Only threads of these names, separated by commas: `CPU 0/KVM,CPU 1/KVM`.
    #[arg(help_heading = SAMPLES, long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) comm: Vec<String>,
    /// Only these host CPUs: `0,2-5`.
    #[arg(help_heading = SAMPLES, short = 'C', long, value_name = "CPUS", value_parser = parse_cpus)]
    pub(crate) cpu: Option<CpuList>,
    /// Only these cgroups: paths, separated by commas (perf record --all-cgroups).
    #[arg(help_heading = SAMPLES, long, value_delimiter = ',', value_name = "PATH")]
    pub(crate) cgroup: Vec<String>,
    /// Only these times: START,END in seconds as perf prints them (either may be left out), or
    /// parts of the whole such as 10%-20% or 10%/2.
    #[arg(help_heading = SAMPLES, long, value_name = "RANGE", value_parser = parse_time_list)]
    pub(crate) time: Option<TimeList>,
}

/// Host CPUs, as `-C` takes them.
#[derive(Clone, Debug)]
pub(crate) struct CpuList(pub(crate) Vec<u32>);

/// Times, as `--time` takes them.
#[derive(Clone, Debug)]
pub(crate) struct TimeList(pub(crate) Vec<TimeRequest>);

impl FilterOptions {
    /// The first of the options that is given; `None` when all samples are wanted.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--event", self.event.is_some()),
            ("--vm", !self.vm.is_empty()),
            ("--pid", !self.pid.is_empty()),
            ("--tid", !self.tid.is_empty()),
            ("--comm", !self.comm.is_empty()),
            ("--cpu", self.cpu.is_some()),
            ("--cgroup", !self.cgroup.is_empty()),
            ("--time", self.time.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.next().map(|(option, _)| option)
    }

    /// The request for all that passes the filter; the processes of VMs are still to be added.
    pub(crate) fn request(&self, threads: usize) -> Request {
        let cpus = self.cpu.iter().flat_map(|list| &list.0);
        let times = self.time.iter().flat_map(|list| &list.0);
        Request {
            event: self.event.clone(),
            pids: self.pid.iter().copied().map(Pid::new).collect(),
            tids: self.tid.iter().copied().map(Tid::new).collect(),
            comms: self.comm.clone(),
            cgroups: self.cgroup.clone(),
            cpus: cpus.copied().map(Cpu).collect(),
            times: times.copied().collect(),
            threads,
            ..Request::default()
        }
    }
}

pub(crate) fn parse_cpus(text: &str) -> Result<CpuList, String> {
    let wrong = || format!("{text:?} is no list of CPUs such as 0,2-5");
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (first, last) = (number(first)?, number(last)?);
        // More CPUs than Linux can have are a slip of the keyboard.
        if first > last || last >= 8192 {
            return Err(wrong());
        }
        cpus.extend(first..=last);
    }
    Ok(CpuList(cpus))
}

pub(crate) fn parse_time_list(text: &str) -> Result<TimeList, String> {
    parse_times(text).map(TimeList)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-C` takes what perf's does.
    #[test]
    fn cpu_lists_hold_numbers_and_ranges() {
        assert_eq!(parse_cpus("0,2-4").map(|list| list.0), Ok(vec![0, 2, 3, 4]));
        for text in ["", "x", "4-2", "1-", "0-99999999"] {
            assert!(parse_cpus(text).is_err(), "{text}");
        }
    }
}
