import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { HumanMessage } from '@langchain/core/messages';
import type { StructuredToolInterface } from '@langchain/core/tools';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';

/** Who the agent is, where its tools are, what thinks for it, and what it is to do. */
export interface AgentTask {
  readonly url: string;
  /** The authorization server that may be told the secret. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** Made once the tools are known. */
  readonly model: (tools: readonly StructuredToolInterface[]) => BaseChatModel;
  readonly task: string;
}

/** What the agent was given, what it called, and what it said in the end. */
export interface Outcome {
  readonly tools: readonly string[];
  readonly called: readonly string[];
  readonly answer: string;
}

/** Signs in by `client_credentials`, takes the tools that its scopes allow, and works until the model calls no more of them. */
export async function runAgent({ url, issuer, task, ...given }: AgentTask): Promise<Outcome> {
  const { clientId, clientSecret, scope } = given;
  const authProvider = new ClientCredentialsProvider({ clientId, clientSecret, scope, expectedIssuer: issuer });
  const mcp = new MultiServerMCPClient({ tickets: { url, authProvider, automaticSSEFallback: false } });
  try {
    const tools = await mcp.getTools();
    const model = given.model(tools);
    if (model.bindTools === undefined) throw new TypeError('The model cannot call tools.');
    const thinking = model.bindTools(tools);
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('think', async ({ messages }) => ({ messages: [await thinking.invoke(messages)] }))
      .addNode('tools', new ToolNode(tools))
      .addEdge(START, 'think')
      .addConditionalEdges('think', toolsCondition, { tools: 'tools', [END]: END })
      .addEdge('tools', 'think')
      .compile();
    const { messages } = await graph.invoke({ messages: [new HumanMessage(task)] });
    return {
      tools: tools.map(({ name }) => name),
      called: messages.flatMap((message) => ('tool_call_id' in message && message.name ? message.name : [])),
      answer: messages.at(-1)?.text ?? '',
    };
  } finally {
    await mcp.close();
  }
}
