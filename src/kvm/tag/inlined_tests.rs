//! Stacks with functions that debug information tells to be inlined.

use super::tests::{RUN, intern, tagged};

/// What a stack does does not hang on the debug files at hand: inlined functions change neither its
/// tag nor the frame that decides it, whatever they are called.
#[test]
fn inlined_functions_change_no_tag() {
    for stack in [
        format!("{RUN};vcpu_run;vcpu_enter_guest"),
        format!("{RUN};[kvm];[unknown]"),
        "u:main;u:main_loop_wait;u:aio_dispatch;u:ioctl".to_owned(),
        "u:start_thread;u:kvm_vcpu_thread_fn;u:memcpy".to_owned(),
        "u:main;u:work".to_owned(),
        "do_idle;cpuidle_enter".to_owned(),
    ] {
        let inlined = "i:kvm_cpu_exec;i:ioctl;i:aio_dispatch";
        let more: Vec<String> = stack
            .split(';')
            .map(|name| match name.starts_with("u:") {
                true => format!("{name};{inlined}"),
                false => name.to_owned(),
            })
            .collect();
        let more = more.join(";");
        let [plain, with] = [&stack, &more].map(|stack| tagged(stack, |_| {}));
        assert_eq!(plain.tag, with.tag, "{stack}");
        let name = |stack: &str, at: usize| {
            let (table, frames) = intern(stack);
            frames.get(at).map(|&ix| table.get(ix).clone())
        };
        assert_eq!(
            name(&stack, plain.deciding),
            name(&more, with.deciding),
            "{stack}"
        );
    }
}
