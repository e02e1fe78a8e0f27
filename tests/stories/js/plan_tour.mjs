// What a small bot does with @octokit/rest. Reads address and token from standard input as JSON, prints the statuses
// that each step ended with as JSON.
import { Octokit } from "@octokit/rest";

const { url, token, owner, repo } = JSON.parse(await new Response(process.stdin).text());
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const octokit = new Octokit({ auth: token, baseUrl: `${url}/api/v3`, log: quiet });
const at = { owner, repo };
const seen = {};

async function step(name, work) {
  try {
    seen[name] = (await work())?.status ?? 200;
  } catch (error) {
    seen[name] = error.status ?? String(error);
  }
}

await step("repository", () => octokit.rest.repos.get(at));
await step("branches", () => octokit.paginate(octokit.rest.repos.listBranches, at));
await step("file", () => octokit.rest.repos.getContent({ ...at, path: "src/a b.txt" }));
await step("pulls", () => octokit.rest.pulls.list({ ...at, state: "all" }));
await step("issue", async () => {
  const made = await octokit.rest.issues.create({ ...at, title: "Found something" });
  await octokit.rest.issues.createComment({ ...at, issue_number: made.data.number, body: "More of it" });
  return octokit.rest.issues.addLabels({ ...at, issue_number: made.data.number, labels: ["security"] });
});
await step("status", async () => {
  const { data } = await octokit.rest.repos.getCommit({ ...at, ref: "main" });
  return octokit.rest.repos.createCommitStatus({ ...at, sha: data.sha, state: "success", context: "bot" });
});
await step("hooks", () => octokit.rest.repos.listWebhooks(at));
await step("teams", () => octokit.rest.teams.list({ org: owner }));

console.log(JSON.stringify(seen));
