//! Broken set-ups: `doctor` and a start each say in one line what is wrong and what to do. And the file with settings.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::process::{Process, command, contents, epochcast, text};

/// Somebody without rights, in whose place the tests run where they are run by the administrator.
const NOBODY: u32 = 65_534;

/// A folder that others may look into, too.
fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    allow(dir.path(), 0o755);
    dir
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A user who is not the administrator, with a program of their own: that of the tests may lie where only its owner reads.
struct User {
    home: TempDir,
}

impl User {
    fn new() -> Self {
        let home = folder();
        let program = home.path().join("epochcast");
        std::fs::copy(env!("CARGO_BIN_EXE_epochcast"), program).unwrap();
        Self { home }
    }

    fn call(&self, dir: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(self.home.path().join("epochcast"));
        command.args(args).current_dir(dir);
        if rustix::process::getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().unwrap()
    }

    /// What doctor and a start say in `dir`.
    fn both(&self, dir: &Path, args: &[&str]) -> (Output, Output) {
        let free = ["--listen", "127.0.0.1:0"];
        let doctor = self.call(dir, &[&["doctor"], &free[..], args].concat());
        (doctor, self.call(dir, &[&free[..], args].concat()))
    }
}

/// The part of doctor's answer about `name`: the finding, and what to do where something is wrong.
fn finding<'a>(doctor: &'a Output, name: &str) -> &'a str {
    let said = text(&doctor.stdout);
    let lines = said
        .split("\ngood ")
        .flat_map(|part| part.split("\nwrong "));
    let mut found = lines.filter(|part| part.split_whitespace().any(|word| word == name));
    found.next().unwrap()
}

/// In a broken set-up, doctor finds `what` at `name` and says to do `remedy`; a start fails with one line that has both.
fn is_broken((doctor, start): (&Output, &Output), name: &str, (what, remedy): (&str, &str)) {
    assert_eq!(doctor.status.code(), Some(1));
    // Where there is no database yet, that is one thing more.
    let told = if text(&doctor.stdout).contains("there is no database") {
        "epochcast: 2 things are wrong\n"
    } else {
        "epochcast: 1 thing is wrong\n"
    };
    assert_eq!(text(&doctor.stderr), told);
    let found = finding(doctor, name);
    assert!(found.contains(what), "{found}");
    let (_, told) = found.split_once("do: ").unwrap();
    assert!(told.contains(remedy), "{found}");
    assert_eq!(start.status.code(), Some(1));
    assert!(start.stdout.is_empty(), "{}", text(&start.stdout));
    let line = text(&start.stderr);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(what) && line.contains(remedy), "{line}");
}

#[test]
fn in_a_good_set_up_doctor_finds_nothing_and_changes_nothing() {
    let dir = folder();
    drop(Process::start(dir.path(), &[]));
    let before = contents(dir.path());
    let doctor = epochcast(dir.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
    assert!(doctor.stderr.is_empty());
    assert!(finding(&doctor, "database").contains("is of this release"));
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn doctor_says_that_there_is_no_database_and_makes_none() {
    let dir = folder();
    let doctor = epochcast(dir.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(doctor.status.code(), Some(1));
    let found = finding(&doctor, "database");
    assert!(
        found.contains("there is no database at epochcast.db"),
        "{found}"
    );
    assert!(found.contains("do: start once"), "{found}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_port_that_is_taken_is_told_with_whose_it_is() {
    let dir = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let call = |args: &[&str]| epochcast(dir.path(), args);
    let doctor = call(&["doctor", "--listen", &address]);
    let start = call(&["--listen", &address]);
    let told = (
        "Address already in use",
        "another program has it: end that, or choose another with --listen 127.0.0.1:0",
    );
    is_broken((&doctor, &start), "address", told);
    let elsewhere = TempDir::new().unwrap();
    let server = Process::start(elsewhere.path(), &[]);
    let address = server.address.to_string();
    let (doctor, start) = (
        call(&["doctor", "--listen", &address]),
        call(&["--listen", &address]),
    );
    is_broken(
        (&doctor, &start),
        "address",
        ("Address already in use", "a service that answers has it"),
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_not_there_or_not_ours_is_told() {
    let (dir, user) = (folder(), User::new());
    let (doctor, start) = user.both(dir.path(), &["--database-url", "sqlite://none/x.db"]);
    is_broken(
        (&doctor, &start),
        "folder",
        ("none is no folder", "mkdir -p none"),
    );
    allow(dir.path(), 0o555);
    let (doctor, start) = user.both(dir.path(), &[]);
    is_broken(
        (&doctor, &start),
        "folder",
        ("cannot be written by this user", "chown"),
    );
}

#[test]
fn a_file_that_is_not_ours_or_no_database_is_told() {
    let (dir, user) = (folder(), User::new());
    allow(dir.path(), 0o777);
    let file = dir.path().join("epochcast.db");
    std::fs::write(&file, "no database").unwrap();
    allow(&file, 0o444);
    let (doctor, start) = user.both(dir.path(), &[]);
    is_broken(
        (&doctor, &start),
        "database",
        ("cannot be used by this user", "chown"),
    );
    allow(&file, 0o666);
    let (doctor, start) = user.both(dir.path(), &[]);
    is_broken(
        (&doctor, &start),
        "database",
        ("file is not a database", "epochcast restore"),
    );
}

#[tokio::test]
async fn databases_of_other_releases_are_told_apart() {
    let dir = folder();
    let file = dir.path().join("epochcast.db");
    let packed: &[u8] = include_bytes!("../files/epochcast-0.1.0.db.gz");
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut unpacked).unwrap();
    std::fs::write(&file, unpacked).unwrap();
    let free = ["--listen", "127.0.0.1:0"];
    let read_only = [&free[..], &["--read-only"]].concat();
    let call = |args: &[&str]| epochcast(dir.path(), args);
    let older = call(&[&["doctor"], &free[..]].concat());
    assert_eq!(older.status.code(), Some(0), "{}", text(&older.stdout));
    assert!(finding(&older, "database").contains("the next start backs it up and migrates it"));
    let (doctor, start) = (
        call(&[&["doctor"], &read_only[..]].concat()),
        call(&read_only),
    );
    is_broken(
        (&doctor, &start),
        "database",
        ("earlier release", "start once without --read-only"),
    );
    drop(Process::start(dir.path(), &[]));
    let current = call(&[&["doctor"], &free[..]].concat());
    assert!(finding(&current, "database").contains("of this release"));

    let options = SqliteConnectOptions::new().filename(&file);
    let mut db = options.connect().await.unwrap();
    for sql in [
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, x'00', 0)",
        "update meta set value = '9.9.9' where name = 'needs'",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    let (doctor, start) = (call(&[&["doctor"], &free[..]].concat()), call(&free));
    assert!(finding(&doctor, "database").contains("do: run that release or a later one"));
    assert_eq!(
        (doctor.status.code(), start.status.code()),
        (Some(1), Some(1))
    );
    let line = text(&start.stderr);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains("use epochcast 9.9.9 or later"), "{line}");
}

#[test]
fn a_flag_wins_over_its_variable_that_over_the_file_that_over_the_default() {
    let dir = folder();
    let file =
        "listen = \"127.0.0.1:11\"\ndatabase-url = \"sqlite://file.db\"\nmax-connections = 77\n";
    std::fs::write(dir.path().join("settings.toml"), file).unwrap();
    let doctor = |flags: &[&str], variables: &[(&str, &str)]| {
        let args = [&["doctor", "--config", "settings.toml"], flags].concat();
        let mut command = command(dir.path(), &args);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        ["address", "database", "descriptors"].map(|name| finding(&output, name).to_owned())
    };
    let variables = [
        ("EPOCHCAST_LISTEN", "127.0.0.1:12"),
        ("EPOCHCAST_DATABASE_URL", "sqlite://variable.db"),
    ];
    let [address, database, descriptors] = doctor(&["--listen", "127.0.0.1:13"], &variables);
    assert!(address.contains("127.0.0.1:13"), "{address}");
    assert!(database.contains("variable.db"), "{database}");
    // 64 beside the connections are for the rest of the process.
    assert!(descriptors.contains("141 may be open"), "{descriptors}");
    let [address, database, _] = doctor(&[], &variables[..1]);
    assert!(address.contains("127.0.0.1:12"), "{address}");
    assert!(database.contains("file.db"), "{database}");
    let [address, ..] = doctor(&[], &[]);
    assert!(address.contains("127.0.0.1:11"), "{address}");
    let plain = epochcast(dir.path(), &["doctor"]);
    assert!(finding(&plain, "database").contains("epochcast.db"));
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line_and_the_nearest_name() {
    let dir = folder();
    for (file, told) in [
        (
            "read-only = true\n\n# more\nmax-conections = 3\n",
            [
                "line 4: there is no setting `max-conections`",
                "did you mean `max-connections`?",
            ],
        ),
        (
            "drain-seconds = 5\nmax_connections = \"many\"\n",
            ["line 2: invalid value 'many'", "--max-connections"],
        ),
        (
            "listen = \"127.0.0.1:1\"\ndrain-seconds = -1\n",
            ["line 2: invalid value '-1'", "--drain-seconds"],
        ),
        (
            "read-only = true\nlisten = \n",
            ["settings.toml: line 2, `listen`: ", "must be quoted"],
        ),
        (
            "config = \"other.toml\"\n",
            ["line 1: there is no setting `config`", "one of "],
        ),
    ] {
        std::fs::write(dir.path().join("settings.toml"), file).unwrap();
        for args in [
            &["doctor", "--config", "settings.toml"][..],
            &["--config=settings.toml"],
        ] {
            let done = epochcast(dir.path(), args);
            assert_eq!(done.status.code(), Some(1));
            let line = text(&done.stderr);
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(
                told.iter().all(|word| line.contains(word)),
                "{line} has not {told:?}"
            );
        }
    }
    let missing = epochcast(dir.path(), &["--config", "none.toml"]);
    assert!(text(&missing.stderr).contains("none.toml: No such file"));
}

/// The one line with which doctor and a start refuse `flags` and `variables`.
fn refused(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let dir = folder();
    std::fs::write(dir.path().join("n.toml"), "drain-seconds = 3\n").unwrap();
    let free = ["--listen", "127.0.0.1:0"];
    let mut lines = [&["doctor"][..], &free[..]].map(|before| {
        let mut command = command(dir.path(), &[before, flags].concat());
        let done = command.envs(variables.iter().copied()).output().unwrap();
        assert!(!done.status.success(), "{flags:?} {variables:?}");
        assert!(done.stdout.is_empty(), "{}", text(&done.stdout));
        let told = text(&done.stderr).lines().next().unwrap();
        told.to_owned()
    });
    lines.sort();
    assert_eq!(lines[0], lines[1]);
    std::mem::take(&mut lines[0])
}

#[test]
fn no_connection_at_all_is_refused_wherever_it_is_set() {
    for flag in ["max-connections", "max-connections-per-address"] {
        let line = refused(&[&format!("--{flag}=0")], &[]);
        assert!(line.contains(flag), "{line}");
        assert!(line.contains("a number from 1 to"), "{line}");
        let variable = format!("EPOCHCAST_{}", flag.to_uppercase().replace('-', "_"));
        let line = refused(&[], &[(&variable, "0")]);
        assert!(line.contains("a number from 1 to"), "{line}");
        let dir = folder();
        std::fs::write(dir.path().join("n.toml"), format!("\n{flag} = 0\n")).unwrap();
        let done = epochcast(dir.path(), &["doctor", "--config", "n.toml"]);
        let line = text(&done.stderr);
        assert!(line.contains("n.toml: line 2: "), "{line}");
        assert!(line.contains("a number from 1 to"), "{line}");
    }
}

#[test]
fn origins_and_hosts_that_would_never_match_are_refused() {
    for wrong in [
        "example.org",
        "https://",
        "https://a.example/b",
        "https://u@a.example",
        "https://*.example",
        "https://a.example:99999",
    ] {
        let line = refused(&["--cors-origin", wrong], &[]);
        assert!(line.contains("an origin such as https://"), "{line}");
    }
    for wrong in [
        "https://y.example",
        "*.example.org",
        "a b",
        "y.example/",
        "[::1",
    ] {
        let line = refused(&["--allowed-host", wrong], &[]);
        assert!(line.contains("a name such as gpu.example"), "{line}");
    }
}

#[test]
fn a_slash_after_an_origin_and_a_port_after_a_host_do_no_harm() {
    let dir = folder();
    let flags = [
        "--cors-origin=https://ok.example/,HTTPS://two.example:443",
        "--allowed-host=X.example:80",
    ];
    let server = Process::start(dir.path(), &flags);
    let status = |headers: &str| {
        let mut stream = server.connect();
        let asked = format!("GET /v1/models HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(asked.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        text(&answer[9..]).to_owned()
    };
    let from = |origin: &str| status(&format!("Host: x.example\r\nOrigin: {origin}\r\n"));
    assert_eq!(from("https://ok.example"), "200");
    assert_eq!(from("https://two.example"), "200");
    assert_eq!(from("https://three.example"), "403");
    assert_eq!(status("Host: x.example:80\r\n"), "200");
    assert_eq!(status("Host: y.example\r\n"), "421");
}

#[test]
fn a_switch_is_a_yes_or_a_no() {
    let line = refused(&[], &[("EPOCHCAST_READ_ONLY", "maybe")]);
    assert!(line.contains("true or false is expected"), "{line}");
    let dir = folder();
    for (word, on) in [
        ("", false),
        ("0", false),
        ("off", false),
        ("No", false),
        ("1", true),
        ("yes", true),
    ] {
        let mut command = command(dir.path(), &["doctor", "--listen", "127.0.0.1:0"]);
        let doctor = command.env("EPOCHCAST_READ_ONLY", word).output().unwrap();
        let found = finding(&doctor, "database");
        assert_eq!(
            found.contains("--read-only creates none"),
            on,
            "{word}: {found}"
        );
    }
}

#[test]
fn a_database_in_memory_is_refused() {
    let line = refused(&["--database-url", "sqlite://:memory:"], &[]);
    assert!(line.contains("a file is needed"), "{line}");
}

#[test]
fn a_wrong_variable_is_told_by_its_name_and_not_as_a_fault_of_the_file() {
    for (variable, value) in [
        ("EPOCHCAST_WRITES_PER_MINUTE", "garbage"),
        ("EPOCHCAST_MAX_CONNECTIONS", "abc"),
        ("EPOCHCAST_MAX_CONNECTIONS", ""),
        ("EPOCHCAST_BASE_PATH", ""),
    ] {
        for flags in [&["--config", "n.toml"][..], &[]] {
            let line = refused(flags, &[(variable, value)]);
            assert!(
                line.starts_with(&format!("epochcast: {variable}: ")),
                "{line}"
            );
        }
    }
}

#[test]
fn what_is_no_line_of_a_setting_is_told_with_its_line_and_without_a_password() {
    let dir = folder();
    for (file, told) in [
        (
            "\n[server]\nlisten = \"127.0.0.1:1\"\n",
            "line 2: settings stand at the top",
        ),
        (
            "server.listen = \"127.0.0.1:1\"\n",
            "line 1: settings stand at the top",
        ),
        (
            "\nread-only = \"yes\"\n",
            "line 2: `read-only` is true or false",
        ),
        (
            "\ncors-origin = [\"*\", 3]\n",
            "line 2: `cors-origin` is a word in quotes, a number, ",
        ),
        (
            "no-seed = true\nno-seed = false\n",
            "line 2, `no-seed`: duplicate key",
        ),
        (
            "database-url = postgres://me:secret@host/timings?a=b\n",
            "line 1, `database-url`: unexpected key or value",
        ),
    ] {
        std::fs::write(dir.path().join("n.toml"), file).unwrap();
        let done = epochcast(dir.path(), &["doctor", "--config", "n.toml"]);
        let line = text(&done.stderr);
        assert!(
            line.starts_with(&format!("epochcast: n.toml: {told}")),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains("secret"), "{line}");
    }
}

#[test]
fn a_folder_in_the_place_of_the_database_is_told_and_nothing_is_left_beside_it() {
    let (dir, user) = (folder(), User::new());
    allow(dir.path(), 0o777);
    std::fs::create_dir(dir.path().join("data")).unwrap();
    let (doctor, start) = user.both(dir.path(), &["--database-url", "sqlite://data"]);
    let told = (
        "data is a folder, and a file is needed",
        "name a file in it",
    );
    is_broken((&doctor, &start), "database", told);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_database_of_another_program_is_told_as_such() {
    let dir = folder();
    let options = SqliteConnectOptions::new().filename(dir.path().join("epochcast.db"));
    let mut db = options.create_if_missing(true).connect().await.unwrap();
    sqlx::query("create table users (name text)")
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let free = ["--listen", "127.0.0.1:0"];
    let call = |args: &[&str]| epochcast(dir.path(), args);
    let (doctor, start) = (call(&[&["doctor"], &free[..]].concat()), call(&free));
    is_broken(
        (&doctor, &start),
        "database",
        ("tables of another program", "name a file of our own"),
    );
}
