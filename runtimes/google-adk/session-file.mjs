// A conversation kept in a file of JSON lines, one event of ADK's a line, so that it outlives this process.
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InMemorySessionService } from "@google/adk";

/** ADK's own session service in memory; each event is also in the file before the next one is taken. */
export class SessionFile extends InMemorySessionService {
  #path;

  constructor(path) {
    super();
    this.#path = path;
  }

  /** Makes the session with the events of the file. */
  async open(key) {
    const session = await this.createSession(key);
    for (const event of await this.#read()) {
      await super.appendEvent({ session, event });
    }
  }

  async appendEvent(request) {
    const event = await super.appendEvent(request);
    if (!event.partial) {
      await mkdir(dirname(this.#path), { recursive: true });
      await appendFile(this.#path, JSON.stringify(event) + "\n", { mode: 0o600 });
    }

    return event;
  }

  async #read() {
    let text;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return [];
      throw error;
    }

    // A process that was killed leaves at most its last line unfinished; the next event goes on a line of its own.
    if (text.length > 0 && !text.endsWith("\n")) {
      await appendFile(this.#path, "\n");
    }

    return text.split("\n").flatMap((line) => {
      try {
        return line.length > 0 ? [JSON.parse(line)] : [];
      } catch {
        console.error("a line of the conversation's file is no JSON and was passed over");
        return [];
      }
    });
  }
}
