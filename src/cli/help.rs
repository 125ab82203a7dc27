//! What `--help` says below the options: examples, files and exit statuses.

/// Below the list of verbs.
pub(super) const ALL: &str = "\
Examples:
  vmflame record -o case.tar.zst             record a host, as root, into one file
  vmflame convert case.tar.zst -o perf.svg   draw it; without a name, what perf.data holds
  vmflame info                               what is in it, and which symbols are missing
  vmflame threads                            which threads burn, as top -H shows them
  vmflame diff before after -o diff.svg      what changed, and whether it is more than noise
  vmflame advise                             what makes VMs slow, and what helps
  vmflame pack -o host.tar.zst               one file that names the capture on any machine
  vmflame convert --help                     all options of a verb, with examples

Files:
  perf.data         the input when none is named
  kallsyms, buildid/, symbols/
                    names for the perf.data beside them, where the folder is the input
  FILE.tar.bz2      what perf archive packed beside a capture FILE
  ~/.debug          perf's build-id cache; used where build ids agree
  /proc/kallsyms    names of the running kernel; used where it made the capture

Exit status:
  0  done, also when the reader of the output had enough
  1  the answer is negative: nothing passes the filters, or a condition of --fail-if holds
  2  an error, or damaged input, or a condition that cannot be judged, even though output was
     written";

/// Below the options of `convert`.
pub(super) const CONVERT: &str = "\
Examples:
  vmflame convert -o perf.svg                            perf.data of this folder, as a picture
  vmflame convert capture/ -o perf.svg                   a folder with perf.data and kallsyms
  vmflame convert -p 4711 -o vm.svg                      one QEMU process
  vmflame convert --comm 'CPU 0/KVM' -o vcpu0.svg        one vCPU, as QEMU names its thread
  vmflame convert -C 2-5 --time 20%-30% -o part.svg      four host CPUs, a tenth of the time
  vmflame convert --group cpu -o cpus.svg                side by side, by host CPU
  vmflame convert -e cpu-clock --weight period -o c.svg  one of several events, by its time
  vmflame convert -o perf.folded                         folded text, by the ending
  vmflame convert --format folded --annotate=tag         folded text with tags, on standard output
  vmflame convert -o perf.pb.gz                          for go tool pprof, with labels
  vmflame convert -o perf.firefox.json.gz                for profiler.firefox.com
  perf record -a -g -o - -- sleep 9 | vmflame convert - -o perf.svg

Endings and their formats:
  .svg .svgz              svg           .pftrace .perfetto-trace  perfetto
  .folded .collapsed      folded        .otlp                     otlp
  .pb .pprof              pprof         .json                     json
  .firefox.json           firefox       .csv                      csv
  .speedscope.json        speedscope    each also with .gz or .zst behind it
  .trace.json             chrome

Formats with threads (pprof, firefox, speedscope, chrome, perfetto, otlp) hold each sample that
passes the filters. Where kvm_exit and kvm_entry were recorded too, exits are in firefox, chrome and
perfetto as intervals, and in pprof and otlp as labels of the samples within them. firefox, chrome
and perfetto need times.

Exit status:
  0  done, also when the reader of the output had enough
  1  nothing passes the filters
  2  an error, or damaged input, even though output was written";

/// Below the options of `record`.
pub(super) const RECORD: &str = "\
Examples:
  vmflame record -o case.tar.zst                     the whole host, 20 s: call chains and exits
  vmflame record --vm win10 -o case.tar.zst          one VM, by the name that its VMM was given
  vmflame record -p 4711 --profile exits -o c.tar.zst
                                                     one process, exits and what they reach
  vmflame record --profile sched --seconds 5 -o c.tar.zst
                                                     who had the CPUs, and who waited for them
  vmflame record -o case.tar.zst -- ./load.sh        as long as a command runs
  vmflame record --dry-run                           what perf would be told
  vmflame advise case.tar.zst                        and exits, threads, stat, convert, diff

What is done, in this order; each command is shown before it is run:
  perf is asked for its version and options. perf stat counts for 0.2 s how often the events occur;
  what that will cost is printed, and what is over --limit is refused. QEMU's monitors are asked for
  the memory map and the threads of vCPUs, those of libvirt through virsh (libvirt then marks the
  domain as tainted: custom-monitor). perf record writes into a hidden folder beside the output, and
  what it wrote is packed as vmflame pack does, with recording.txt and recording.json in the case:
  commands, rates before and meanwhile, what was lost of which event.

What is recorded:
  cpu    cycles:GH, or cpu-clock:GH where there is no PMU, or where KVM's enable_mediated_pmu is on:
         counters of guests would then keep VMs from starting. 99 times in a second, with call
         chains
  exits  the tracepoints that exits are told by, each by its name and as far as this kernel has
         them; never kvm:*, of which kvm_emulate_insn can be 99 %
  both   both, in one capture; call chains for the clock only, unless --stacks asks for more. The
         clock's rate is then written freq=99 into its event: -F would sample tracepoints too
  sched  sched_switch and sched_wakeup, of the whole host whatever -p says

Nothing of the host is changed: no sysctl, no mount, no cache of build ids. The case can be read by
its owner only. Ctrl-C, SIGTERM and the end of the terminal end the recording, and what there is is
packed; a second Ctrl-C while perf writes ends it without a case. If the case cannot be written, the
capture is kept, and it is said where.

Exit status:
  0  done
  2  an error, or nothing was recorded";

/// Below the options of `report`.
pub(super) const REPORT: &str = "\
Examples:
  vmflame report -o report.html                        perf.data of this folder
  vmflame report case.tar.zst -o report.html           a case that pack wrote, on any machine
  vmflame report trace.dat -o report.html              exits and waiting, without samples
  vmflame report before.data --after after.data -o report.html
                                                       two captures, and what changed
  vmflame report --vm win10 --time 20%-30% -o part.html
                                                       one VM, a tenth of the time

The page:
  one file without anything beside it: it asks for no network and opens from disk. Tables and
  pictures can be read without scripts; with them pictures zoom and search, and tables sort.
  Names of functions, threads, files and the host, and perf's command line are in it: look at it
  before it leaves the house.

Exit status:
  0  done, also when the reader of the output had enough
  1  nothing passes the filters
  2  an error, or damaged input, even though output was written";

/// Below the options of `view`.
pub(super) const VIEW: &str = "\
Examples:
  vmflame view case.tar.zst                    the page of a case, in the browser of this desktop
  vmflame view before.data --after after.data  two captures, and what changed
  vmflame view host1.tar.zst host2.tar.zst     a page of each, and a list of them
  vmflame view --no-open                       prints the address, which a tunnel may lead to:
                                               ssh -L 8123:127.0.0.1:8123 host, with --port 8123

What is served:
  what report writes, of several captures a page of each below a list of them, at one address with
  a random part, on 127.0.0.1 and nowhere else. Requests that name another host are refused, as
  those that web pages of others make. Nothing is written, and nothing can be changed. Ctrl-C ends
  it. While xdg-open starts, other users of this machine can see the address among the processes:
  --no-open keeps it here.

Exit status:
  1    nothing passes the filters
  2    an error
  130  Ctrl-C ended it";

/// Below the options of `pack`.
pub(super) const PACK: &str = "\
Examples:
  vmflame pack --dry-run                           what would be packed of perf.data, with sizes
  vmflame pack perf.data -o case.tar.zst           capture, kernel's names, programs, host, VMs
  vmflame pack --names-only -o case.tar.zst        names in the place of programs
  vmflame pack --qmp /run/vm1.qmp -o case.tar.zst  with the memory map of a running QEMU
  vmflame pack --vm vm1 -o case.tar.zst            of the VMs only what vm1 tells
  vmflame convert case.tar.zst -o perf.svg         on any machine

What is packed:
  perf.data               the capture as it is; its header holds perf's command line
  kallsyms                functions of the kernel; with --names-only those that occur
  buildid/PATH/ID/elf     programs and libraries that samples hit; --debug: debug files too
  symbols/ID.txt          names of functions that occur, where no file is packed
  mapped-builds.txt       which builds ran where a path means several files, as in containers
  cpuinfo.txt, module-params.txt, modules, host.txt
                          of this machine, where it made the capture
  vmm-cmdline, mtree-f.txt, query-*.json
                          of the VM, while it runs; of several below vms/PID/
  What of these lies beside the capture, as in a case, is of its time and goes before.
  Values of password=, token= and the like, and of QEMU's secret objects, are masked in command
  lines. The file can be read by its owner only.

Exit status:
  0  done
  2  an error, or damaged input, even though a case was written";

/// Below the options of `completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  vmflame completions bash > /etc/bash_completion.d/vmflame
  vmflame completions zsh > ~/.zfunc/_vmflame          with fpath+=~/.zfunc before compinit
  vmflame completions fish > ~/.config/fish/completions/vmflame.fish";

/// Below the options of `man`.
pub(super) const MAN: &str = "\
Examples:
  vmflame man convert | man -l -                       read a page
  vmflame man > /usr/local/share/man/man1/vmflame.1    install it";

/// Below the options of `info`.
pub(super) const INFO: &str = "\
Examples:
  vmflame info                     perf.data of this folder
  vmflame info --names             which objects have names, and what would name the others
  vmflame info --top               functions by their own samples, tags, exits: without a browser
  vmflame info --top=100 --sort total --comm 'CPU 0/KVM' --no-idle
                                   of one vCPU, with all that they call
  vmflame info --top --csv         for spreadsheets
  vmflame info capture/ --json     for other programs

Where object files are looked for, in this order; each must have the recorded build id:
  the capture's folder or archive: symbols/BUILD_ID.txt, buildid/
  --symfs DIR, at the recorded path below it
  --buildid-dir DIR, the folder in PERF_BUILDID_DIR, ~/.debug
  the recorded path; while the process runs, as it sees the file: /proc/PID/root and map_files
  the cache of debuginfod's client: DEBUGINFOD_CACHE_PATH, ~/.cache/debuginfod_client; --debuginfod
  downloads into it what is found nowhere
The kernel's names: --kallsyms FILE or --vmlinux FILE, kallsyms in the capture's folder, in a cache,
of the running kernel, and the vmlinux of its build id in a cache or below /usr/lib/debug.
Modules that kallsyms has no functions of: kvm.ko, kvm.ko.xz, .zst or .gz in the same places, at the
recorded path or as modules.dep of the recorded release lists them; below --symfs without a build id
too.
Inlined functions and lines of the kernel: the vmlinux of its build id (--vmlinux; caches; below
--symfs and this machine: boot/, usr/lib/debug/boot/, usr/lib/debug/lib/modules/RELEASE/), and files
of modules.
Debug files of stripped objects: the same caches, and /usr/lib/debug by build id.

Exit status:
  0  done, also when the reader of the output had enough
  2  an error, or damaged input, even though output was written";

/// Below the options of `threads`.
pub(super) const THREADS: &str = "\
Examples:
  perf record -a -g -e cpu-clock -- sleep 10     record all CPUs of a host, as root
  vmflame threads                                what top -H would have shown, and more of VMs
  vmflame threads --vm win10                     the threads of one VM, and vhost's for it
  perf record -a -e sched:sched_switch,sched:sched_wakeup -- sleep 10
  vmflame threads --sort ready                   who waited for a CPU, exactly
  vmflame threads --json                         for other programs, with what each column means

Where times are from, the first of these that was recorded:
  sched:sched_switch  exact; with sched:sched_wakeup, ready time is exact too
  cpu-clock           each sample stands for its period: between which shares the true one may lie
                      is told beside it
  cycles and others   shares of all samples, idle CPUs' too: they are no time
  kvm_exit, kvm_entry what vCPUs did; whether their threads ran is not known
  -e EVENT takes the samples of an event, whatever else was recorded.

Columns:
  what         vCPU, by the thread's name or its stacks; emulator, any other thread of that process;
               iothread; vhost, the kernel's for that VM; host
  cpu          time on a CPU in parts of the time that was looked at: 100 % is one CPU, as in top -H
  guest, exits, vmm, halt, host
               where that time went, in parts of the same whole: they add up to cpu. By kvm_entry,
               kvm_exit and kvm_userspace_exit where switches tell cpu, else by the tags of stacks
  ready        could run and did not; of a vCPU, the guest's steal
  asleep       waited for something. Before the first event of a thread nothing is known of it
  -            not known: what was not recorded is never shown as 0

A thread that takes another name is one thread; --comm finds it by any of its names. An id that the
kernel uses again is another thread. The idle task is none.

Exit status:
  0  done, also when the reader of the output had enough
  1  nothing passes the filters
  2  an error, or damaged input, even though output was written";

/// Below the options of `exits`.
pub(super) const EXITS: &str = "\
Examples:
  perf kvm stat record -a -- sleep 10       record exits of all VMs of a host, as root
  perf record -a -e 'kvm:*' -e sched:sched_switch -- sleep 10
                                            the same with registers, and where the time goes
  vmflame exits                             perf.data of this folder, by reason
  vmflame exits --by port                   which ports, and the devices behind them
  vmflame exits --by reason,vcpu --csv      for spreadsheets
  vmflame exits --by gpa,rip -p 4711        who causes memory faults in one VM
  vmflame exits --json                      for other programs, with what each column means

Columns:
  count        exits, from kvm_exit; accesses beside it counts kvm_pio, kvm_mmio and their like
  /s           exits in a second of the capture
  time, total  share and sum of the time from kvm_exit to the next kvm_entry of the vCPU, without
               what the guest slept; with --all-time with it, as perf kvm stat counts
  min … max    of single exits; percentiles are within 0.8 %
  1 µs → 1 s   how many took how long, a bar for each power of two
  kernel, vmm, off cpu, polled, slept
               where the time went: vmm needs kvm_userspace_exit, off cpu sched_switch, polled
               kvm_vcpu_wakeup; without them it is part of the others
  -            not known: what was not recorded is never shown as 0

Exit status:
  0  done, also when the reader of the output had enough
  1  nothing passes the filters
  2  an error, or damaged input, even though output was written";

/// Below the options of `stat`.
pub(super) const STAT: &str = "\
Examples:
  perf record -a -e 'kvm:*' -- sleep 10     record all events of KVM, as root
  vmflame stat                              perf.data of this folder, by VM and second
  vmflame stat --interval 100ms --reasons   by tenths of a second, exits by why they happened
  vmflame stat -e 'kvm_set_irq,sched:*'     other events
  vmflame stat --csv                        a row for each second, VM and event
  vmflame stat --live                       the VMs of this host, like top, as root
  vmflame stat --live --qmp /run/vm1.qmp    one VM, by the socket of its -qmp, without root
  vmflame stat --live --tracepoints -e 'kvm_exit,kvm_pio,kvm_mmio'
                                            tracepoints of all VMs
  vmflame stat --live --json --count 60     a minute, a line of JSON for each second

Running VMs:
  The counters are KVM's own, those that kvm_stat shows: --live reads them from debugfs, where each
  VM has a folder; where that is locked, it counts tracepoints; with --qmp it asks QEMU, which needs
  no root and has histograms of halts as well. Nothing of the host is changed. Counters of time
  (…_ns) grow by up to 1 s of a CPU in a second for each vCPU. A terminal is drawn anew each time;
  into a file or a pipe goes one block, line or set of rows for each interval.

Counts:
  A sample stands for as many occurrences as its period says: with perf record -c 100 or -F the
  counts are sums of periods, which a warning says. Events outside of VMs were recorded in
  processes that run no vCPU: interrupts, the kernel's own threads.

Exit status:
  0    done, also when the reader of the output had enough
  1    nothing passes the filters, no such event was recorded, or no such VM runs
  2    an error, or damaged input, even though output was written
  130  Ctrl-C ended --live";

/// Below the options of `blockio`.
pub(super) const BLOCKIO: &str = "\
Examples:
  qemu-system-x86_64 … -trace 'virtio_blk_*' -msg timestamp=on -D trace.log
  virsh qemu-monitor-command VM --hmp 'trace-event virtio_blk_* on'
                                            the same in a VM that runs, into libvirt's log of it
  vmflame blockio trace.log                 times by disk and direction, over time, the slowest
  vmflame blockio trace.log --interval 0.1  the table over time, by tenths of a second
  vmflame blockio trace.log --json          for other programs, with what each column means

Exit status:
  0  done, also when the reader of the output had enough
  2  an error, or a damaged trace, even though output was written";

/// Below the options of `diff`.
pub(super) const DIFF: &str = "\
Examples:
  vmflame diff before after                                      two captures, as a table
  vmflame diff before.data after.data -o diff.svg                as a picture, beside the table
  vmflame diff before.folded after.folded -o diff.folded         as difffolded.pl does
  vmflame diff perf.data --before-filter time=0%-50% --after-filter time=50%-100%
  vmflame diff before after --json                               for other programs
  vmflame diff before after --fail-if 'exit:pio > +2pt'          a gate: status 1 when it holds
  vmflame diff before after --fail-if 'event:kvm:kvm_exit/s > +10%'
  vmflame diff fleet/ --before \"kernel = '6.1'\" --after \"kernel = '6.12'\"
                                                  many hosts of a dataset (feature fleet)

Exit status:
  0  done, also when the reader of the output had enough
  1  a condition of --fail-if holds, or nothing passes the filters
  2  an error, or damaged input, or a condition that cannot be judged, even though output was
     written";

/// Below the options of `advise`.
pub(super) const ADVISE: &str = "\
Examples:
  perf record -a -e kvm:kvm_exit,kvm:kvm_entry,kvm:kvm_pio,kvm:kvm_mmio,kvm:kvm_msr,kvm:kvm_apic,\
kvm:kvm_userspace_exit -o kvm.data -- sleep 3
  vmflame advise kvm.data                what costs the guests time, and what helps
  vmflame advise perf.data kvm.data      stacks and exits of the same host
  vmflame advise kvm.data --vm win10     one VM, by its name or its process id
  vmflame advise kvm.data --json         for other programs
  vmflame advise --explain               the rules
  vmflame advise --explain pm-timer      how one concludes, with its sources

Files beside a capture that are read, where they are there:
  module-params.txt        grep -r . /sys/module/kvm*/parameters
  cpuinfo.txt              /proc/cpuinfo
  qemu-proc-cmdline.txt    /proc/PID/cmdline of the VMM
  With several captures in a folder, NAME.cpuinfo.txt is of NAME.data and NAME.KIND.data.

Exit status:
  0  done, whatever was found, also when the reader of the output had enough
  1  nothing passes the filters
  2  an error, or damaged input, even though output was written";

/// Below the options of `bench`.
pub(super) const BENCH: &str = "\
Examples:
  vmflame bench perf.data                                   the stages of whole runs
  vmflame bench perf.data --against --runs 5                beside other programs
  vmflame bench --generate size=100M,stacks=1000 made.data  a made-up capture to measure
  vmflame bench --generate fleet,hosts=1000 fleet/          a made-up dataset (feature fleet)

Exit status:
  0  done, also when the reader of the output had enough
  2  an error, or damaged input";
