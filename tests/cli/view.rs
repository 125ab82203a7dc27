//! `vmflame view`: who gets the page, and who does not.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program, ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn ask(host: &str, request: &str) -> String {
    let mut client = TcpStream::connect(host).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    said
}

/// A server of these captures, its host and the path of its address.
fn serve(captures: &[&str]) -> (Server, String, String) {
    let captures = captures
        .iter()
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command
        .args(["view", "--no-open", "--quiet"])
        .args(captures);
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = Server(command.spawn().unwrap());
    let mut address = String::new();
    let out = server.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut address).unwrap();
    let rest = address.trim_end().strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let (host, path) = (host.to_owned(), path.to_owned());
    (server, host, path)
}

/// Each of several captures has its page, and the address leads to all.
#[test]
fn several_captures_have_a_page_each() {
    let (_server, host, path) = serve(&["testdata/svm-bad-tracepoints", "testdata/svm-bad"]);
    let get = |path: &str| {
        ask(
            &host,
            &format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        )
    };
    let list = get(&path);
    assert!(list.starts_with("HTTP/1.1 200 OK\r\n"), "{list:.300}");
    assert!(list.contains("<h1>2 captures</h1>") && !list.contains("<script"));
    for (number, name) in [(1, "svm-bad-tracepoints"), (2, "svm-bad")] {
        assert!(
            list.contains(&format!("<a href=\"{number}/\">")),
            "{number}"
        );
        let page = get(&format!("{path}{number}/"));
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page:.300}");
        let title = page.split_once("<title>").unwrap().1;
        let title = title.split_once("</title>").unwrap().0;
        assert!(title.starts_with(&format!("{name} ")), "{title}");
        assert!(get(&format!("{number}/")).starts_with("HTTP/1.1 404 "));
    }
    assert!(get(&format!("{path}3/")).starts_with("HTTP/1.1 404 "));
}

/// What a capture tells of a host is for whoever started the program.
#[test]
fn the_page_is_for_this_machine_and_for_who_knows_its_address() {
    let (_server, host, token) = serve(&["testdata/svm-bad-tracepoints"]);
    let (host, token) = (host.as_str(), token.as_str());
    assert!(host.starts_with("127.0.0.1:"), "{host}");
    assert_eq!(token.len(), 33, "128 bits and a slash: {token}");
    let get = |path: &str, host: &str| format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let page = ask(host, &get(token, host));
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page:.300}");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", body.len())),
        "{head}"
    );
    assert!(body.starts_with("<!DOCTYPE html>") && body.ends_with("</html>\n"));
    for (request, status) in [
        (get("", host), "404"),
        (get("favicon.ico", host), "404"),
        (get(&token[1..], host), "404"),
        (get(token, "evil.example"), "403"),
        (get(token, "localhost"), "403"),
        (get(token, host).replace("GET", "POST"), "405"),
        ("nothing\r\n\r\n".to_owned(), "400"),
    ] {
        let said = ask(host, &request);
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {said:.200}"
        );
        assert!(!said.contains("<html"), "{request}");
    }
    // Every address of this network is this machine; the page is at one of them.
    let (_, port) = host.split_once(':').unwrap();
    assert!(TcpStream::connect(format!("127.0.0.2:{port}")).is_err());
}
