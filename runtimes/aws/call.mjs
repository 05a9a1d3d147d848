// AWS's own client of Secrets Manager, told by lines of JSON on standard input what to send: {endpoint, key, secret, token, command, input}.
// Each line is answered by one: {output} or {error, status}. Ends when its standard input does.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import * as aws from "@aws-sdk/client-secrets-manager";

if (process.argv.includes("--version")) {
  console.log(createRequire(import.meta.url)("../@aws-sdk/client-secrets-manager/package.json").version);
  process.exit(0);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { endpoint, key, secret, token, command, input } = JSON.parse(line);
  const client = new aws.SecretsManagerClient({
    endpoint,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: key, secretAccessKey: secret, sessionToken: token ?? undefined },
  });
  try {
    const output = await client.send(new aws[`${command}Command`](input));
    console.log(JSON.stringify({ output }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.name, status: error.$metadata?.httpStatusCode ?? 0, message: error.message }));
  } finally {
    client.destroy();
  }
}
