//! How a recording ends.

use std::thread;
use std::time::Duration;

use super::{Place, cpu, said, signal};

/// Ctrl-C, and what a shutdown sends, end the recording; what there is is packed.
#[test]
fn signals_end_the_recording_and_it_is_packed() {
    for name in ["INT", "TERM", "HUP"] {
        let place = Place::new(&format!("signal-{name}"));
        let until_asked = "trap 'captured; exit 0' INT\ntouch \"$here/recording\"\n\
            for i in $(seq 600); do sleep 0.05; done\n";
        place.write("record.sh", until_asked);
        let child = place.start(&cpu(&["-o", "case.tar.zst"]));
        signal(name, &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(said(&output).contains("ended early"), "{}", said(&output));
        assert_eq!(place.new_names(), ["case.tar.zst", "recording"]);
    }
}

/// The time counts from when the command begins, not from when perf starts, which takes as long here: what
/// the command does soon behind its beginning is recorded.
#[test]
fn the_time_is_that_of_the_command() {
    let place = Place::new("seconds");
    // As perf does: a process that waits until events are counted, and becomes the command then.
    let slow_to_start = "trap 'kill $!; captured; exit 0' INT\n\
        (sleep 2; exec sh -c 'sleep 0.2; touch \"$0/done\"; exec sleep 60' \"$here\") &\nwait\n";
    place.write("record.sh", slow_to_start);
    let words = [
        "--seconds",
        "2",
        "-o",
        "case.tar.zst",
        "--",
        "sh",
        "-c",
        ":",
    ];
    let output = place.run(&cpu(&words));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(place.new_names(), ["case.tar.zst", "done"]);
}

/// Killed as it cannot help, it leaves no recorder behind.
#[test]
fn a_killed_recording_ends_its_recorder() {
    let place = Place::new("killed");
    let until_asked = "trap 'touch \"$here/ended\"; exit 0' INT\ntouch \"$here/recording\"\n\
        for i in $(seq 600); do sleep 0.05; done\n";
    place.write("record.sh", until_asked);
    let mut child = place.start(&cpu(&["-o", "case.tar.zst"]));
    // By then the guard has been told whom it ends, also on a busy machine.
    thread::sleep(Duration::from_secs(1));
    child.kill().unwrap();
    child.wait().unwrap();
    place.wait_for("ended");
    assert!(!place.path("case.tar.zst").exists());
}

/// A recorder that does not end is ended by a second signal, with all that it started.
#[test]
fn a_second_signal_stops_at_once() {
    let place = Place::new("twice");
    let never =
        "trap '' INT\ntouch \"$here/recording\"\nfor i in $(seq 600); do sleep 0.05; done\n";
    place.write("record.sh", never);
    let child = place.start(&cpu(&["-o", "case.tar.zst"]));
    signal("INT", &child);
    thread::sleep(Duration::from_millis(200));
    signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("nothing is packed"),
        "{}",
        said(&output)
    );
    assert_eq!(place.new_names(), ["recording"]);
}

/// The user's command is heard, runs as it is given, and ends the recording.
#[test]
fn a_command_runs_meanwhile() {
    let place = Place::new("command");
    place.write(
        "record.sh",
        "while [ \"$1\" != -- ]; do shift; done; shift; \"$@\"; rc=$?; captured; exit $rc",
    );
    let words = [
        "-o",
        "case.tar.zst",
        "--",
        "sh",
        "-c",
        "echo out; echo err >&2; exit 3",
    ];
    let output = place.run(&cpu(&words));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("\nerr\n"), "{}", said(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "out\n");
    let log = place.log();
    assert!(
        log[1].ends_with(" -- sh -c echo out; echo err >&2; exit 3"),
        "{log:?}"
    );
}
