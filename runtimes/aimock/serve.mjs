// An LLM mock of other authors (@copilotkit/aimock) in a vendor's place, for the proof of the live path: its wires and its key check are theirs. Ours is
// one rule: it answers the questions of two words as a model would, out of the conversation, so that nobody has to tell it the answer.
// Prints its address as the first line. Ends when its standard input does. AIMOCK_API_KEYS (theirs) names the keys that it takes.
import { createRequire } from "node:module";
import { LLMock } from "@copilotkit/aimock";

if (process.argv.includes("--version")) {
  console.log(createRequire(import.meta.url)("../@copilotkit/aimock/package.json").version);
  process.exit(0);
}

const textOf = (message) =>
  typeof message.content === "string" ? message.content : (message.content ?? []).map((part) => part.text ?? "").join("");

const answer = (request) => {
  const asked = request.messages.filter((message) => message.role === "user").map(textOf).join("\n");

  // The last question counts: to join its own two words, or those of the message before it, where there is one.
  const pairs = [...asked.matchAll(/two words: (\S+) and (\S+)\. (Join them in reverse order|Leave them alone: join the two words of my previous message)/g)];
  const [before, last] = [pairs.at(-2), pairs.at(-1)];
  const content = !last
    ? "I was asked nothing that I know."
    : last[3].startsWith("Join")
      ? `${last[2]}-${last[1]}`
      : before
        ? `${before[1]}_${before[2]}`
        : "There is no message before this one.";

  // Counted as nobody bills, but more than nothing, so that a cell's spending is seen.
  return { content, usage: { input_tokens: Math.ceil(asked.length / 4), output_tokens: Math.ceil(content.length / 4) } };
};

const apiKeys = (process.env.AIMOCK_API_KEYS ?? "").split(",").filter((key) => key.length > 0);
const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", ...(apiKeys.length > 0 ? { auth: { apiKeys } } : {}) });
mock.onMessage(/[\s\S]/, answer);
await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
