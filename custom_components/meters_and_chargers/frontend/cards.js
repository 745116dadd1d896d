var En=Object.defineProperty;var Cn=(s,t)=>{for(var e in t)En(s,e,{get:t[e],enumerable:!0})};var kt=globalThis,Tt=kt.ShadowRoot&&(kt.ShadyCSS===void 0||kt.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Zt=Symbol(),xe=new WeakMap,ht=class{constructor(t,e,n){if(this._$cssResult$=!0,n!==Zt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=t,this.t=e}get styleSheet(){let t=this.o,e=this.t;if(Tt&&t===void 0){let n=e!==void 0&&e.length===1;n&&(t=xe.get(e)),t===void 0&&((this.o=t=new CSSStyleSheet).replaceSync(this.cssText),n&&xe.set(e,t))}return t}toString(){return this.cssText}},we=s=>new ht(typeof s=="string"?s:s+"",void 0,Zt),M=(s,...t)=>{let e=s.length===1?s[0]:t.reduce((n,r,i)=>n+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(r)+s[i+1],s[0]);return new ht(e,s,Zt)},Se=(s,t)=>{if(Tt)s.adoptedStyleSheets=t.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of t){let n=document.createElement("style"),r=kt.litNonce;r!==void 0&&n.setAttribute("nonce",r),n.textContent=e.cssText,s.appendChild(n)}},Qt=Tt?s=>s:s=>s instanceof CSSStyleSheet?(t=>{let e="";for(let n of t.cssRules)e+=n.cssText;return we(e)})(s):s;var{is:Mn,defineProperty:Rn,getOwnPropertyDescriptor:On,getOwnPropertyNames:Dn,getOwnPropertySymbols:Nn,getPrototypeOf:Pn}=Object,Ht=globalThis,Ae=Ht.trustedTypes,Un=Ae?Ae.emptyScript:"",Ln=Ht.reactiveElementPolyfillSupport,mt=(s,t)=>s,Xt={toAttribute(s,t){switch(t){case Boolean:s=s?Un:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,t){let e=s;switch(t){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},Te=(s,t)=>!Mn(s,t),ke={attribute:!0,type:String,converter:Xt,reflect:!1,useDefault:!1,hasChanged:Te};Symbol.metadata??=Symbol("metadata"),Ht.litPropertyMetadata??=new WeakMap;var I=class extends HTMLElement{static addInitializer(t){this._$Ei(),(this.l??=[]).push(t)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(t,e=ke){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(t)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(t,e),!e.noAccessor){let n=Symbol(),r=this.getPropertyDescriptor(t,n,e);r!==void 0&&Rn(this.prototype,t,r)}}static getPropertyDescriptor(t,e,n){let{get:r,set:i}=On(this.prototype,t)??{get(){return this[e]},set(o){this[e]=o}};return{get:r,set(o){let c=r?.call(this);i?.call(this,o),this.requestUpdate(t,c,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(t){return this.elementProperties.get(t)??ke}static _$Ei(){if(this.hasOwnProperty(mt("elementProperties")))return;let t=Pn(this);t.finalize(),t.l!==void 0&&(this.l=[...t.l]),this.elementProperties=new Map(t.elementProperties)}static finalize(){if(this.hasOwnProperty(mt("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(mt("properties"))){let e=this.properties,n=[...Dn(e),...Nn(e)];for(let r of n)this.createProperty(r,e[r])}let t=this[Symbol.metadata];if(t!==null){let e=litPropertyMetadata.get(t);if(e!==void 0)for(let[n,r]of e)this.elementProperties.set(n,r)}this._$Eh=new Map;for(let[e,n]of this.elementProperties){let r=this._$Eu(e,n);r!==void 0&&this._$Eh.set(r,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(t){let e=[];if(Array.isArray(t)){let n=new Set(t.flat(1/0).reverse());for(let r of n)e.unshift(Qt(r))}else t!==void 0&&e.push(Qt(t));return e}static _$Eu(t,e){let n=e.attribute;return n===!1?void 0:typeof n=="string"?n:typeof t=="string"?t.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(t=>this.enableUpdating=t),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(t=>t(this))}addController(t){(this._$EO??=new Set).add(t),this.renderRoot!==void 0&&this.isConnected&&t.hostConnected?.()}removeController(t){this._$EO?.delete(t)}_$E_(){let t=new Map,e=this.constructor.elementProperties;for(let n of e.keys())this.hasOwnProperty(n)&&(t.set(n,this[n]),delete this[n]);t.size>0&&(this._$Ep=t)}createRenderRoot(){let t=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Se(t,this.constructor.elementStyles),t}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(t=>t.hostConnected?.())}enableUpdating(t){}disconnectedCallback(){this._$EO?.forEach(t=>t.hostDisconnected?.())}attributeChangedCallback(t,e,n){this._$AK(t,n)}_$ET(t,e){let n=this.constructor.elementProperties.get(t),r=this.constructor._$Eu(t,n);if(r!==void 0&&n.reflect===!0){let i=(n.converter?.toAttribute!==void 0?n.converter:Xt).toAttribute(e,n.type);this._$Em=t,i==null?this.removeAttribute(r):this.setAttribute(r,i),this._$Em=null}}_$AK(t,e){let n=this.constructor,r=n._$Eh.get(t);if(r!==void 0&&this._$Em!==r){let i=n.getPropertyOptions(r),o=typeof i.converter=="function"?{fromAttribute:i.converter}:i.converter?.fromAttribute!==void 0?i.converter:Xt;this._$Em=r;let c=o.fromAttribute(e,i.type);this[r]=c??this._$Ej?.get(r)??c,this._$Em=null}}requestUpdate(t,e,n,r=!1,i){if(t!==void 0){let o=this.constructor;if(r===!1&&(i=this[t]),n??=o.getPropertyOptions(t),!((n.hasChanged??Te)(i,e)||n.useDefault&&n.reflect&&i===this._$Ej?.get(t)&&!this.hasAttribute(o._$Eu(t,n))))return;this.C(t,e,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(t,e,{useDefault:n,reflect:r,wrapped:i},o){n&&!(this._$Ej??=new Map).has(t)&&(this._$Ej.set(t,o??e??this[t]),i!==!0||o!==void 0)||(this._$AL.has(t)||(this.hasUpdated||n||(e=void 0),this._$AL.set(t,e)),r===!0&&this._$Em!==t&&(this._$Eq??=new Set).add(t))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let t=this.scheduleUpdate();return t!=null&&await t,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[r,i]of this._$Ep)this[r]=i;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[r,i]of n){let{wrapped:o}=i,c=this[r];o!==!0||this._$AL.has(r)||c===void 0||this.C(r,void 0,i,c)}}let t=!1,e=this._$AL;try{t=this.shouldUpdate(e),t?(this.willUpdate(e),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(e)):this._$EM()}catch(n){throw t=!1,this._$EM(),n}t&&this._$AE(e)}willUpdate(t){}_$AE(t){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(t)),this.updated(t)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(t){return!0}update(t){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(t){}firstUpdated(t){}};I.elementStyles=[],I.shadowRootOptions={mode:"open"},I[mt("elementProperties")]=new Map,I[mt("finalized")]=new Map,Ln?.({ReactiveElement:I}),(Ht.reactiveElementVersions??=[]).push("2.1.2");var ee=globalThis,He=s=>s,Et=ee.trustedTypes,Ee=Et?Et.createPolicy("lit-html",{createHTML:s=>s}):void 0,ne="$lit$",F=`lit$${Math.random().toFixed(9).slice(2)}$`,se="?"+F,In=`<${se}>`,Q=document,gt=()=>Q.createComment(""),yt=s=>s===null||typeof s!="object"&&typeof s!="function",re=Array.isArray,Ne=s=>re(s)||typeof s?.[Symbol.iterator]=="function",te=`[ 	
\f\r]`,ft=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ce=/-->/g,Me=/>/g,Y=RegExp(`>|${te}(?:([^\\s"'>=/]+)(${te}*=${te}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Re=/'/g,Oe=/"/g,Pe=/^(?:script|style|textarea|title)$/i,ie=s=>(t,...e)=>({_$litType$:s,strings:t,values:e}),p=ie(1),Bs=ie(2),Ks=ie(3),O=Symbol.for("lit-noChange"),f=Symbol.for("lit-nothing"),De=new WeakMap,Z=Q.createTreeWalker(Q,129);function Ue(s,t){if(!re(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ee!==void 0?Ee.createHTML(t):t}var Le=(s,t)=>{let e=s.length-1,n=[],r,i=t===2?"<svg>":t===3?"<math>":"",o=ft;for(let c=0;c<e;c++){let a=s[c],l,h,d=-1,u=0;for(;u<a.length&&(o.lastIndex=u,h=o.exec(a),h!==null);)u=o.lastIndex,o===ft?h[1]==="!--"?o=Ce:h[1]!==void 0?o=Me:h[2]!==void 0?(Pe.test(h[2])&&(r=RegExp("</"+h[2],"g")),o=Y):h[3]!==void 0&&(o=Y):o===Y?h[0]===">"?(o=r??ft,d=-1):h[1]===void 0?d=-2:(d=o.lastIndex-h[2].length,l=h[1],o=h[3]===void 0?Y:h[3]==='"'?Oe:Re):o===Oe||o===Re?o=Y:o===Ce||o===Me?o=ft:(o=Y,r=void 0);let m=o===Y&&s[c+1].startsWith("/>")?" ":"";i+=o===ft?a+In:d>=0?(n.push(l),a.slice(0,d)+ne+a.slice(d)+F+m):a+F+(d===-2?c:m)}return[Ue(s,i+(s[e]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),n]},bt=class s{constructor({strings:t,_$litType$:e},n){let r;this.parts=[];let i=0,o=0,c=t.length-1,a=this.parts,[l,h]=Le(t,e);if(this.el=s.createElement(l,n),Z.currentNode=this.el.content,e===2||e===3){let d=this.el.content.firstChild;d.replaceWith(...d.childNodes)}for(;(r=Z.nextNode())!==null&&a.length<c;){if(r.nodeType===1){if(r.hasAttributes())for(let d of r.getAttributeNames())if(d.endsWith(ne)){let u=h[o++],m=r.getAttribute(d).split(F),g=/([.?@])?(.*)/.exec(u);a.push({type:1,index:i,name:g[2],strings:m,ctor:g[1]==="."?Mt:g[1]==="?"?Rt:g[1]==="@"?Ot:tt}),r.removeAttribute(d)}else d.startsWith(F)&&(a.push({type:6,index:i}),r.removeAttribute(d));if(Pe.test(r.tagName)){let d=r.textContent.split(F),u=d.length-1;if(u>0){r.textContent=Et?Et.emptyScript:"";for(let m=0;m<u;m++)r.append(d[m],gt()),Z.nextNode(),a.push({type:2,index:++i});r.append(d[u],gt())}}}else if(r.nodeType===8)if(r.data===se)a.push({type:2,index:i});else{let d=-1;for(;(d=r.data.indexOf(F,d+1))!==-1;)a.push({type:7,index:i}),d+=F.length-1}i++}}static createElement(t,e){let n=Q.createElement("template");return n.innerHTML=t,n}};function X(s,t,e=s,n){if(t===O)return t;let r=n!==void 0?e._$Co?.[n]:e._$Cl,i=yt(t)?void 0:t._$litDirective$;return r?.constructor!==i&&(r?._$AO?.(!1),i===void 0?r=void 0:(r=new i(s),r._$AT(s,e,n)),n!==void 0?(e._$Co??=[])[n]=r:e._$Cl=r),r!==void 0&&(t=X(s,r._$AS(s,t.values),r,n)),t}var Ct=class{constructor(t,e){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:e},parts:n}=this._$AD,r=(t?.creationScope??Q).importNode(e,!0);Z.currentNode=r;let i=Z.nextNode(),o=0,c=0,a=n[0];for(;a!==void 0;){if(o===a.index){let l;a.type===2?l=new ct(i,i.nextSibling,this,t):a.type===1?l=new a.ctor(i,a.name,a.strings,this,t):a.type===6&&(l=new Dt(i,this,t)),this._$AV.push(l),a=n[++c]}o!==a?.index&&(i=Z.nextNode(),o++)}return Z.currentNode=Q,r}p(t){let e=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(t,n,e),e+=n.strings.length-2):n._$AI(t[e])),e++}},ct=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,e,n,r){this.type=2,this._$AH=f,this._$AN=void 0,this._$AA=t,this._$AB=e,this._$AM=n,this.options=r,this._$Cv=r?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,e=this._$AM;return e!==void 0&&t?.nodeType===11&&(t=e.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,e=this){t=X(this,t,e),yt(t)?t===f||t==null||t===""?(this._$AH!==f&&this._$AR(),this._$AH=f):t!==this._$AH&&t!==O&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):Ne(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==f&&yt(this._$AH)?this._$AA.nextSibling.data=t:this.T(Q.createTextNode(t)),this._$AH=t}$(t){let{values:e,_$litType$:n}=t,r=typeof n=="number"?this._$AC(t):(n.el===void 0&&(n.el=bt.createElement(Ue(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===r)this._$AH.p(e);else{let i=new Ct(r,this),o=i.u(this.options);i.p(e),this.T(o),this._$AH=i}}_$AC(t){let e=De.get(t.strings);return e===void 0&&De.set(t.strings,e=new bt(t)),e}k(t){re(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,n,r=0;for(let i of t)r===e.length?e.push(n=new s(this.O(gt()),this.O(gt()),this,this.options)):n=e[r],n._$AI(i),r++;r<e.length&&(this._$AR(n&&n._$AB.nextSibling,r),e.length=r)}_$AR(t=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);t!==this._$AB;){let n=He(t).nextSibling;He(t).remove(),t=n}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},tt=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,e,n,r,i){this.type=1,this._$AH=f,this._$AN=void 0,this.element=t,this.name=e,this._$AM=r,this.options=i,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=f}_$AI(t,e=this,n,r){let i=this.strings,o=!1;if(i===void 0)t=X(this,t,e,0),o=!yt(t)||t!==this._$AH&&t!==O,o&&(this._$AH=t);else{let c=t,a,l;for(t=i[0],a=0;a<i.length-1;a++)l=X(this,c[n+a],e,a),l===O&&(l=this._$AH[a]),o||=!yt(l)||l!==this._$AH[a],l===f?t=f:t!==f&&(t+=(l??"")+i[a+1]),this._$AH[a]=l}o&&!r&&this.j(t)}j(t){t===f?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},Mt=class extends tt{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===f?void 0:t}},Rt=class extends tt{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==f)}},Ot=class extends tt{constructor(t,e,n,r,i){super(t,e,n,r,i),this.type=5}_$AI(t,e=this){if((t=X(this,t,e,0)??f)===O)return;let n=this._$AH,r=t===f&&n!==f||t.capture!==n.capture||t.once!==n.once||t.passive!==n.passive,i=t!==f&&(n===f||r);r&&this.element.removeEventListener(this.name,this,n),i&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},Dt=class{constructor(t,e,n){this.element=t,this.type=6,this._$AN=void 0,this._$AM=e,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(t){X(this,t)}},Ie={M:ne,P:F,A:se,C:1,L:Le,R:Ct,D:Ne,V:X,I:ct,H:tt,N:Rt,U:Ot,B:Mt,F:Dt},Fn=ee.litHtmlPolyfillSupport;Fn?.(bt,ct),(ee.litHtmlVersions??=[]).push("3.3.3");var Fe=(s,t,e)=>{let n=e?.renderBefore??t,r=n._$litPart$;if(r===void 0){let i=e?.renderBefore??null;n._$litPart$=r=new ct(t.insertBefore(gt(),i),i,void 0,e??{})}return r._$AI(s),r};var oe=globalThis,q=class extends I{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let t=super.createRenderRoot();return this.renderOptions.renderBefore??=t.firstChild,t}update(t){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(t),this._$Do=Fe(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return O}};q._$litElement$=!0,q.finalized=!0,oe.litElementHydrateSupport?.({LitElement:q});var jn=oe.litElementPolyfillSupport;jn?.({LitElement:q});(oe.litElementVersions??=[]).push("4.2.2");var zn=["en","de","fr","it"],ae=new Map,qn=s=>{let t=s.split("-")[0]??"en";return zn.includes(t)?t:"en"},ce=s=>{let t=qn(s),e=ae.get(t);return e===void 0&&(e=fetch(new URL(`../texts/${t}.json`,import.meta.url)).then(n=>{if(!n.ok)throw new Error(`texts/${t}.json: ${n.status}`);return n.json()}),e.catch(()=>ae.delete(t)),ae.set(t,e)),e},W=(s,t={})=>s.replace(/\{(\w+)\}/g,(e,n)=>String(t[n]??"")),v=(s,t,e)=>W(s.cards[t]??t,e),je=s=>ce(s.language);var Wn=1e3,Bn=5e3,Nt,de=!1,Kn=s=>{if(s.connected===!1)return de||(Nt=s.states),de=!0,s;if(de=!1,Nt===void 0)return s;let t=Nt,e=Object.entries(s.states),n=e.filter(([r,i])=>i!==t[r]);return n.length===e.length&&(Nt=void 0),{...s,states:Object.fromEntries(n)}},A=class extends q{constructor(){super(...arguments);this.config={type:""};this.#e="";this.#s=Number.NEGATIVE_INFINITY;this.#i=!1;this.#o=()=>{this.#a(),document.hidden||this.requestUpdate()};this.#a=()=>{let e=!document.hidden&&this.isConnected&&this.counting();e&&this.#n===void 0?this.#n=setInterval(()=>this.requestUpdate(),1e3):e||(clearInterval(this.#n),this.#n=void 0),document.hidden&&(clearTimeout(this.#r),this.#r=void 0)}}#t;#e;#s;#r;#n;#i;setConfig(e){this.config=e,this.requestUpdate()}get hass(){return this.#t}set hass(e){let n=this.#t,r=e&&Kn(e);this.#t=r,r!==void 0&&(r.language!==this.#e&&this.#c(r),(n===void 0||this.#d(n,r))&&this.draw())}draw(){if(this.#r!==void 0||document.hidden)return;let e=this.hurried()?0:this.#s+Wn-performance.now();if(e<=0){this.requestUpdate();return}this.#r=setTimeout(()=>{this.#r=void 0,this.requestUpdate()},e)}counting(){return!1}hurried(){return!1}say(e,n){return this.texts===void 0?"":v(this.texts,e,n)}connectedCallback(){super.connectedCallback(),document.addEventListener("visibilitychange",this.#o),setTimeout(()=>{this.#i=!0,this.texts===void 0&&this.requestUpdate()},Bn),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("visibilitychange",this.#o),clearTimeout(this.#r),this.#r=void 0,clearInterval(this.#n),this.#n=void 0}render(){this.#s=performance.now();let{texts:e}=this,n=this.#t;return n===void 0||e===void 0?p`<ha-card aria-busy="true">
 <div class="blank"></div><div class="blank short"></div>
 ${this.#i?p`<p>Waiting for Home Assistant…</p>`:f}
 </ha-card>`:n.connected===!1?p`<ha-card><p class="secondary">${this.say("waiting")}</p></ha-card>`:this.show(n,e)}updated(){this.#a()}#o;#a;async#c(e){this.#e=e.language;try{this.texts=await je(e)}catch{this.#e="";return}this.requestUpdate()}#d(e,n){if(e.entities!==n.entities||e.devices!==n.devices||e.locale!==n.locale||e.formatEntityState!==n.formatEntityState||e.connected!==n.connected)return!0;for(let r of this.watched(n))if(e.states[r]!==n.states[r])return!0;return!1}static{this.styles=M`
 :host { display: block; }
 ha-card { padding: 16px; height: 100%; box-sizing: border-box; color: var(--primary-text-color); }
 h2 { font-size: var(--ha-font-size-l, 16px); font-weight: 500; margin: 0; line-height: 1.4; overflow-wrap: anywhere; }
 h3 { font-size: var(--ha-font-size-m, 14px); font-weight: 500; margin: 0; }
 p { margin: 0; }
 .secondary, th, dt { color: var(--secondary-text-color); }
 .num, td, dd, .head { font-variant-numeric: tabular-nums; }
 .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
 .head { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
 .blank { height: 40px; border-radius: 8px; background: var(--divider-color); margin-bottom: 12px; }
 .blank.short { width: 60%; }
 button, select, input { font: inherit; color: inherit; }
 button { min-height: 44px; min-width: 44px; border-radius: 12px; border: 1px solid var(--divider-color); background: none; cursor: pointer; padding: 4px 12px; }
 button.text { border: 0; padding: 0; min-height: 24px; min-width: 24px; text-align: start; }
 button:disabled { cursor: default; color: var(--secondary-text-color); opacity: .7; }
 button.link { border: 0; text-decoration: underline; padding: 4px 8px; }
 :focus-visible { outline: 2px solid var(--primary-text-color); outline-offset: 2px; scroll-margin-top: 80px; }
 a { color: inherit; }
 ha-icon { --mdc-icon-size: 20px; }
 .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
 table { border-collapse: collapse; width: 100%; }
 th { text-align: start; font-weight: 400; }
 td, th { padding: 8px 8px 8px 0; vertical-align: top; }
 .end { text-align: end; }
 .bar { height: 10px; border: 1px solid var(--secondary-text-color); border-radius: 5px; overflow: hidden; display: flex; }
 .bar > span { display: block; transition: width .3s; }
 @media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
 @media (forced-colors: active) { .bar > span { border-inline-end: 2px solid CanvasText; } }
 `}};var Pt=s=>s===void 0||s.state==="unavailable",x=s=>s!==void 0&&s.state!=="unavailable"&&s.state!=="unknown",w=s=>{if(!x(s))return;let t=Number(s.state);return Number.isFinite(t)?t:void 0},j=s=>{let t=w(s);if(t===void 0)return;let e={W:1,kW:1e3,MW:1e6,mW:.001}[String(s?.attributes.unit_of_measurement)];return e===void 0?void 0:t*e},E=(s,t)=>{s.dispatchEvent(new CustomEvent("hass-more-info",{bubbles:!0,composed:!0,detail:{entityId:t}}))},R=s=>{history.pushState(null,"",s),window.dispatchEvent(new CustomEvent("location-changed",{detail:{replace:!1}}))};var H="meters_and_chargers",et=s=>s?.name_by_user||s?.name||"",ze=new WeakMap,_t=s=>{let t=ze.get(s.entities);return t===void 0&&(t=Gn(s),ze.set(s.entities,t)),t},Gn=s=>{let t=new Map;for(let e of Object.values(s.entities)){if(e.platform!==H||e.hidden||!e.device_id)continue;let n=t.get(e.device_id)??{},r=e.translation_key??"";n[r]=[...n[r]??[],e.entity_id],t.set(e.device_id,n)}for(let e of t.values())for(let n of Object.values(e))n.sort();return t},qe=(s,t)=>[..._t(s)].filter(([e,n])=>t in n&&e in s.devices).map(([e,n])=>({device:e,name:et(s.devices[e]),entities:n})).sort((e,n)=>e.name.localeCompare(n.name,s.language)),B=s=>qe(s,"charge_mode"),C=s=>qe(s,"surplus"),Jn=["power","current_phase"],$t=(s,t)=>{let e=new Map;for(let[i,o]of _t(s)){let c=s.devices[i],a=c?.parent_device_id,l="charge_mode"in o||"connector_status"in o;if(!a||!("power"in o)||l)continue;let h=s.devices[a];if(t&&a!==t&&h?.via_device_id!==t)continue;let d=e.get(a)??{device:a,name:et(h),circuits:[]},u=Jn.flatMap(g=>o[g]??[]),m=et(c);d.circuits.push({device:i,name:m,entities:o,module:a,shown:u}),e.set(a,d)}let n=new Intl.Collator(s.language,{numeric:!0}),r=(i,o)=>n.compare(i.name,o.name);for(let i of e.values())i.circuits.sort(r);return[...e.values()].sort(r)},y=(s,t,e)=>{let[n]=t?.entities[e]??[];return n===void 0?void 0:s.states[n]},vt=(s,t)=>["stale","lost"].includes(y(s,t,"grid_data_state")?.state??""),Ut=(s,t,e)=>(t.entities[e]??[]).map(n=>s.states[n]).filter(x),We=async s=>{let[t,...e]=C(s),n=t===void 0?[]:B(s);if(t!==void 0&&e.length===0)return new Map(n.map(c=>[c.device,t.device]));if(n.length===0)return new Map;let r=n.map(c=>c.entities.charge_mode?.[0]??""),i=await s.callWS({type:"config/entity_registry/get_entries",entity_ids:r}),o=new Map(C(s).map(c=>[s.devices[c.device]?.primary_config_entry,c.device]));return new Map(n.flatMap((c,a)=>{let l=o.get(i[r[a]??""]?.config_entry_id??void 0);return l===void 0?[]:[[c.device,l]]}))};var L={};Cn(L,{clock:()=>Yn,countdown:()=>ue,current:()=>k,date:()=>wt,daysAhead:()=>le,energy:()=>N,money:()=>K,month:()=>Lt,number:()=>S,percent:()=>P,power:()=>D,time:()=>dt,weekday:()=>St});var Vn=s=>({comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],quote_decimal:["de-CH"],space_comma:["fr","sv","cs"],none:["en-US"],system:void 0})[s.number_format??""]??(s.number_format==="system"?void 0:s.language),Be=new Map,Ke=(s,t)=>{let e=`${s.number_format} ${s.language} ${Object.values(t)}`,n=Be.get(e);return n===void 0&&(n=new Intl.NumberFormat(Vn(s),t),Be.set(e,n)),n},S=(s,t,e=0,n=e)=>Ke(s.locale,{minimumFractionDigits:n,maximumFractionDigits:e,useGrouping:s.locale.number_format!=="none"}).format(Object.is(Math.round(t*10**e),-0)?0:t),nt=(s,t)=>s+"\xA0"+t,D=(s,t)=>{let e=Math.abs(t);return e<995?nt(S(s,Math.round(t/10)*10),"W"):nt(S(s,t/1e3,e<99950?1:0),"kW")},k=(s,t,e=1)=>nt(S(s,t,e,0),"A"),N=(s,t,e=1)=>t>=1e4?nt(S(s,t/1e3,1),"MWh"):nt(S(s,t,t<100?e:0),"kWh"),P=(s,t)=>nt(S(s,t>99&&t<100?99:t),"%"),K=(s,t,e)=>{let n=e||s.config.currency;return!n||!/^[A-Z]{3}$/.test(n)?nt(S(s,t,2),n??""):Ke(s.locale,{style:"currency",currency:n}).format(t)},xt=(s,t)=>{let{locale:e,config:n}=s,r=e.time_format==="12"?!0:e.time_format==="24"?!1:void 0;return new Intl.DateTimeFormat(e.time_format==="system"?void 0:s.language,{...t,...t.hour?{hour12:r}:{},timeZone:t.timeZone??(e.time_zone==="local"?void 0:n.time_zone)})},dt=(s,t,e)=>{let{hour12:n}=xt(s,{hour:"numeric"}).resolvedOptions();return xt(s,{hour:n?"numeric":"2-digit",minute:"2-digit",timeZone:e}).format(t)},Yn=(s,t)=>dt(s,new Date(`2024-01-01T${t}Z`),"UTC"),wt=(s,t)=>xt(s,{day:"numeric",month:"short"}).format(t),Lt=(s,t)=>xt(s,{month:"long",year:"numeric"}).format(t),St=(s,t,e)=>xt(s,{weekday:e}).format(t),le=(s,t,e)=>{let n=r=>{let i=Object.fromEntries(new Intl.DateTimeFormat("en-US",{year:"numeric",month:"numeric",day:"numeric",timeZone:s.locale.time_zone==="local"?void 0:s.config.time_zone}).formatToParts(r).map(o=>[o.type,Number(o.value)]));return Date.UTC(i.year??0,(i.month??1)-1,i.day??1)};return Math.round((n(t)-n(e))/864e5)},ue=s=>`${Math.floor(s/60)}:${String(Math.floor(s%60)).padStart(2,"0")}`;var Zn=1e4,Ge=8e3,Qn=3e3,Xn=(s,t)=>s===t||s!==""&&t!==""&&Number(s)===Number(t),Je=s=>{let t=new Map,e={text:"",until:0},n=0,r=o=>{e={text:o,until:Date.now()+Ge},s.requestUpdate()},i=()=>{for(let[o,{value:c,until:a,label:l}]of t){let h=s.hass?.states[o];h!==void 0&&Xn(h.state,c)?t.delete(o):Date.now()>a&&(t.delete(o),e={text:s.say("not_accepted",{value:l}),until:Date.now()+Ge})}Date.now()>e.until&&(e.text="")};return{async send({entity:o,value:c,label:a,call:l}){e.text="",n=Date.now()+Qn,c!==void 0&&t.set(o,{value:c,label:a??c,until:Date.now()+Zn}),s.requestUpdate();try{await l()}catch(h){t.delete(o),r(h.message??s.say("not_accepted",{value:a??""}))}},value(o){return i(),t.get(o.entity_id)?.value??o.state},pending:o=>t.has(o.entity_id),hurried:()=>Date.now()<n,waiting:()=>t.size>0||e.text!=="",refusal(){return i(),e.text}}},It=30,pe=(s,t,e)=>s.callService(H,"boost",{minutes:e},{entity_id:t},!1),he=(s,t,e=It)=>(t.units.min??"").replace("{value}",S(s,e)),Ve=(s,t,e)=>s.callService("select","select_option",{option:e},{entity_id:t},!1),me=(s,t,e,{label:n,icons:r={}})=>{let i=e.attributes.options??[],o=s.value(e),c=x(e),a=Math.max(i.indexOf(o),0),l=d=>{d!==o&&s.send({entity:e.entity_id,value:d,label:t.formatEntityState(e,d),call:()=>Ve(t,e.entity_id,d)})},h=d=>{let u={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[d.key],m=u&&i[(a+u+i.length)%i.length];if(!m)return;d.preventDefault(),l(m),d.currentTarget.querySelector(`[data-option="${m}"]`)?.focus()};return p`<div
 role="radiogroup"
 class=${s.pending(e)?"pending":""}
 aria-label=${n}
 @keydown=${h}
 >
 ${i.map((d,u)=>p`<button
 role="radio"
 data-option=${d}
 aria-checked=${d===o}
 tabindex=${u===a?0:-1}
 ?disabled=${!c}
 @click=${()=>l(d)}
 >
 ${r[d]?p`<ha-icon aria-hidden="true" icon=${r[d]}></ha-icon>`:f}
 <span>${t.formatEntityState(e,d)}</span>
 </button>`)}
 </div>`},Ye=(s,t,e,n)=>{let{min:r=0,max:i=32,step:o=1}=e.attributes,c=Math.max(o,1),a=x(e)?Number(s.value(e)):void 0,l=a!==void 0&&w(e)!==void 0,h=b=>{let _=Math.min(i,Math.max(r,Math.round(b/o)*o));s.send({entity:e.entity_id,value:String(_),label:n.spoken(_),call:()=>t.callService("number","set_value",{value:_},{entity_id:e.entity_id},!1)})},d=b=>h(Number(b.target.value)),u=b=>{let _=b.target,T=_.parentElement?.querySelector("output");T&&(T.textContent=n.value(Number(_.value)))},m=({type:b,target:_})=>_.parentElement?.querySelector("output")?.setAttribute("aria-live",b==="focus"?"off":"polite"),g=(b,_,T)=>p`<button
 aria-label=${`${n.label}: ${_}`}
 ?disabled=${!l||(b<0?a<=r:a>=i)}
 @click=${()=>h((a??r)+b)}
 >${T}</button>`;return p`<div class="slider ${s.pending(e)?"pending":""}">
 ${g(-c,n.less,"\u2212")}
 <input
 type="range"
 aria-label=${n.label}
 aria-valuetext=${l?n.spoken(a):"\u2013"}
 min=${r}
 max=${i}
 step=${c}
 .value=${String(a??r)}
 ?disabled=${!l}
 @focus=${m}
 @blur=${m}
 @input=${u}
 @change=${d}
 />
 ${g(c,n.more,"+")}
 <output class="num" .textContent=${l?n.value(a):"\u2013"}></output>
 </div>`};var ts={have:"power",power:"power",grid:"power",cap:"power",need:"power",free:"current",limit:"current",current:"current",energy:"energy",target:"energy",age:"duration",late:"duration",left:"duration",until:"time",start:"time",ready:"time",since:"time",price:"price",max_price:"price",soc:"percent",phases:"phases",circuit:"word",charger:"word",phase:"word",count:"word"},es={fuse_full:{need:"current"},fuse_resume:{need:"current"},battery_first:{target:"percent"}},ns=30,st=(s,t)=>{let e=(i,o)=>W(s.units[i]??"",{value:o});if(t<60)return e("s",Math.round(t));let n=Math.round(t/60),r=[];return n>=60&&r.push(e("h",Math.floor(n/60))),n%60&&r.push(e("min",n%60)),r.join("\xA0")},Ft=(s,t,e)=>{let{since:n}=t.attributes;if(typeof n=="string")return st(s,Math.max(0,(e.getTime()-Date.parse(n))/1e3))},z=(s,t,e,n)=>{let r=le(s,e,n),o={"-1":"yesterday",0:"today",1:"tomorrow"}[r]??(r>0&&r<7?"week":"later"),c=dt(s,e);return o==="yesterday"?v(t,"yesterday",{time:c}):o==="later"?`${wt(s,e)} ${c}`:W(t.times[o]??"{time}",{time:c,weekday:St(s,e,"short")})},Ze=(s,t,e)=>{let n=(t.getTime()-e.getTime())/1e3;return n<600?ue(n):st(s,n)},ss=(s,t,e,n,r)=>{let i=Number(n);switch(e){case"power":return D(s,i);case"current":return k(s,i);case"energy":return N(s,i);case"duration":return st(t,i);case"percent":return P(s,i);case"time":return z(s,t,new Date(String(n)),r);case"phases":return t.phases[String(n)]??String(n);case"price":return W(t.units.price??"{value}",{value:S(s,i,3,2),currency:s.config.currency??""});default:return String(n)}},Qe=(s,t)=>s.split(", ").filter(e=>[...e.matchAll(/\{(\w+)\}/g)].every(([,n])=>(n??"")in t)).map(e=>W(e,t).replace(/ {2,}/g," ").trim()).filter(e=>e!=="").join(", "),Xe=(s,t,e,n)=>{let r={phase:""};for(let[i,o]of Object.entries(e.attributes)){let c=es[e.state]?.[i]??ts[i];c===void 0||o===null||i==="grid"&&Number(o)<=ns||(r[i]=ss(s,t,c,o,n))}return r},tn=(s,t,e,n,r)=>{if(!x(e))return{key:"",sentence:v(t,"no_reason"),severity:"wait",counts:!1};let i=e.state,o=t.tails[i]??"",c=Xe(s,t,e,r),a=x(n)?n.state:e.attributes.until,l=typeof a=="string"?new Date(a):void 0,h=o.includes("{left}")&&l!==void 0;h&&(c.left=Ze(t,l,r));let d=s.formatEntityState(e),u=h&&l<=r?v(t,"any_moment"):Qe(o,c),g=[...o.matchAll(/\{(left|until|start|ready)\}/g)].some(([,_])=>(_??"")in c),b=l===void 0||g||l<=r?void 0:rs(s,t,e.attributes.next,l,r);return{key:i,sentence:u?W(t.sentence.with_tail,{head:d,tail:u}):W(t.sentence.without_tail,{head:d}),severity:String(e.attributes.severity??"wait"),next:b,counts:h||b!==void 0}},rs=(s,t,e,n,r)=>{if(typeof e!="string")return;let i=z(s,t,n,r),o={left:Ze(t,n,r),ready:i,start:i,until:i};return v(t,`next_${e}`,o)};var en=["mon","tue","wed","thu","fri","sat","sun"],nn=s=>x(s)&&s.attributes.plan||void 0,sn=(s,t,e)=>St(s,new Date(Date.UTC(2024,0,1+t,12)),e),rn=(s,t,e,n)=>{let r=nn(e);if(r===void 0)return v(t,"no_plan");let i=r.charge_level===void 0?N(s,r.energy_kwh??0):P(s,r.charge_level),o=z(s,t,new Date(r.ready_at),n),c=(r.repeat??[]).map(l=>sn(s,en.indexOf(l),"short")),a=v(t,"plan",{target:i,ready:o});return c.length>0?`${a} \xB7 ${c.join(", ")}`:a};var is={off:"mdi:power",solar:"mdi:white-balance-sunny",min_solar:"mdi:sun-clock",fast:"mdi:flash"},on={no_vehicle:"mdi:ev-plug-type2",blocked:"mdi:lock-outline",waiting_surplus:"mdi:timer-sand",start_delay:"mdi:timer-play-outline",starting:"mdi:timer-play-outline",charging:"mdi:lightning-bolt",limited:"mdi:gauge-low",stop_delay:"mdi:timer-stop-outline",switching_phases:"mdi:sine-wave",paused_fuse:"mdi:fuse-alert",failsafe:"mdi:shield-alert",finished:"mdi:check-circle-outline",fault:"mdi:alert-octagon"},fe=["mode","slider","plan","session"],os=["mode","slider","phases","boost","plan","session"],as=1,cs=50,an=(s,t)=>{let e=_t(s).get(t);if(!(e===void 0||!("charge_mode"in e)))return{device:t,name:et(s.devices[t]),entities:e}},ds=(s,t)=>{let e=y(s,t,"charger_state")?.attributes??{},n=e.current_entities,r=(Array.isArray(n)?n.map(l=>s.states[l]):Ut(s,t,"current_phase")).map(w).filter(l=>l!==void 0),i=r.map(Math.abs).filter(l=>l>as),o=typeof e.power_entity=="string"?e.power_entity:t.entities.power?.[0],c=o===void 0?void 0:j(s.states[o]),a=r.length>0?230*i.reduce((l,h)=>l+h,0):void 0;return{entity:o,power:c??a,reckoned:c===void 0,phases:i.length,current:i.length>0?Math.max(...i):void 0}},jt=class extends A{#t=Je(this);#e=!1;#s=!1;#r;#n;#i="";#o="";watched(t){let e=an(t,String(this.config.device));if(e===void 0)return[];let n=y(t,e,"charger_state")?.attributes??{};return[...Object.values(e.entities).flat(),...[n.power_entity,n.current_entities].flat().map(String),...(this.#s?C(t):[]).flatMap(r=>Object.values(r.entities).flat())]}counting(){return this.#e||this.#s||this.#t.waiting()}hurried(){return this.#t.hurried()}#a=async()=>{this.#s=!this.#s,this.#r??=(await import("./explain.js")).explain,this.requestUpdate()};#c(t){return(this.config.show??fe).includes(t)}show(t,e){let n=an(t,String(this.config.device));if(n===void 0)return p`<ha-card>
 <p>${this.say("no_charger_here")}</p>
 ${this.#$(`/config/integrations/integration/${H}`,"add_charger")}
 </ha-card>`;let r=new Date,i=y(t,n,"charger_state"),o=y(t,n,"reason"),c=y(t,n,"next_change"),a=tn(t,e,o,c,r);this.#e=a.counts,a.key!==this.#o&&(this.#o=a.key,this.#i=a.sentence);let l=this.config.name||n.name,h=String(this.config.view??`/config/devices/device/${n.device}`),d=i?.state==="failsafe"||a.severity==="fault",u=!!this.config.compact,m=a.key==="charger_offline";return p`<ha-card class="${d?a.severity:""} ${u?"compact":""}">
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(h)}>
 ${l}
 </button>
 </h2>
 ${u?this.#u(t,e,n):f}
 ${this.#d(t,i,m)}
 </div>
 ${u?f:p`<div class="head">${this.#u(t,e,n)}${m?f:this.#l(t,n)}</div>`}
 <button class="text reason" aria-expanded=${this.#s} @click=${this.#a}>
 ${d?p`<ha-icon aria-hidden="true" icon=${on[i?.state??""]??"mdi:alert"}></ha-icon>`:f}
 ${a.sentence}
 </button>
 <div class="hidden" role="status" aria-live="polite">${this.#i}</div>
 ${a.next?p`<p class="secondary num">${a.next}</p>`:f}
 ${this.#s?this.#r?.(this,this.#t,t,e,n,r):f}
 ${u?f:this.#p(t,e,n,l,r)}
 <p role="status" class="refused">${this.#t.refusal()}</p>
 </section>
 </ha-card>`}#d(t,e,n){if(!x(e))return p`<span class="state">${this.say(Pt(e)?"no_contact":"not_yet")}</span>`;let r=n?"mdi:lan-disconnect":on[e.state];return p`<button
 class="text state"
 @click=${()=>E(this,e.entity_id)}
 >
 <ha-icon aria-hidden="true" icon=${r??"mdi:ev-station"}></ha-icon>
 ${n?this.say("no_contact"):t.formatEntityState(e)}
 </button>`}#l(t,e){let n=y(t,e,"session_solar_share"),r=w(n);return n===void 0||r===void 0?f:p`<button class="text num sun" @click=${()=>E(this,n.entity_id)}>
 ${this.say("sun_share",{share:P(t,r)})}
 </button>`}#u(t,e,n){let{entity:r,power:i,reckoned:o,phases:c,current:a}=ds(t,n),l=[];i!==void 0&&l.push(`${o?"\u2248 ":""}${D(t,Math.max(i,0))}`);let h=i===void 0||i>cs;c>0&&a!==void 0&&h&&l.push(e.phases[c]??"",k(t,a));let d=y(t,n,"charging_current"),u=w(d);a===void 0&&u!==void 0&&(h||u>0)&&l.push(this.say("limit",{current:k(t,u)}));let m=r??d?.entity_id;return this.config.compact&&l.splice(1),l.length===0?p`<p class="figures">–</p>`:p`<button
 class="text figures num"
 ?disabled=${m===void 0}
 @click=${()=>m&&E(this,m)}
 >${l.join(" \xB7 ")}</button>`}#p(t,e,n,r,i){let o={mode:()=>this.#h(t,n,r),slider:()=>this.#g(t,n,r),phases:()=>this.#f(t,n,r),boost:()=>this.#y(t,e,n,i),plan:()=>this.#b(t,e,n,i),session:()=>this.#_(t,e,n,i)};return os.filter(c=>this.#c(c)).map(c=>o[c]?.())}#h(t,e,n){let r=y(t,e,"charge_mode");return r===void 0?f:y(t,e,"reason")?.state==="observe"?this.#m(t):me(this.#t,t,r,{label:this.say("mode_of",{name:n}),icons:is})}#m(t){let n=[..._t(t).values()].flatMap(i=>i.observe??[]).filter(i=>t.states[i]?.state==="on"),r=()=>Promise.all(n.map(i=>t.callService("switch","turn_off",{},{entity_id:i})));return p`<div class="row">
 <span>${this.say("observing")}</span>
 ${n.length===1?p`<button @click=${r}>${this.say("take_control")}</button>`:f}
 </div>`}#f(t,e,n){let r=y(t,e,"phases");return r===void 0?f:me(this.#t,t,r,{label:this.say("phases_of",{name:n})})}#g(t,e,n){let r=y(t,e,"max_current");return r===void 0?f:Ye(this.#t,t,r,{label:this.say("max_current_of",{name:n}),value:i=>this.say("max",{current:k(t,i)}),spoken:i=>k(t,i),less:this.say("less"),more:this.say("more")})}#y(t,e,n,r){let i=n.entities.charge_mode?.[0];if(i===void 0)return f;let o=y(t,n,"charger_state")?.attributes.boost_until,c=typeof o=="string"?Math.max(0,Math.ceil((Date.parse(o)-r.getTime())/6e4)):void 0,a=()=>pe(t,i,c===void 0?It:0);return p`<button @click=${()=>this.#t.send({entity:i,call:a})}>
 <ha-icon aria-hidden="true" icon="mdi:rocket-launch-outline"></ha-icon>
 ${this.say(c===void 0?"boost":"stop_boost",{left:he(t,e,c)})}
 </button>`}#b(t,e,n,r){if(!("target_energy"in n.entities))return f;let i=async()=>{this.#n??=(await import("./plan.js")).planDialog,this.requestUpdate(),await this.updateComplete,this.renderRoot.querySelector("dialog")?.showModal(),this.renderRoot.querySelector("dialog form")?.dispatchEvent(new Event("change"))};return p`<div class="row plan">
 <ha-icon aria-hidden="true" icon="mdi:flag-checkered"></ha-icon>
 <span>${rn(t,e,y(t,n,"charger_state"),r)}</span>
 <button class="link" @click=${i}>${this.say("edit_plan")}</button>
 </div>
 ${this.#n?.(this,t,e,n,r)??f}`}#_(t,e,n,r){let i=y(t,n,"session_energy"),o=w(i);if(i===void 0||o===void 0)return f;let c=y(t,n,"session_start"),a=y(t,n,"session_cost"),l=y(t,n,"charger_state")?.state!=="no_vehicle",h=[N(t,o,2)];x(c)&&h.push(z(t,e,new Date(c.state),r));let d=w(a);d!==void 0&&h.push(K(t,d,String(a?.attributes.unit_of_measurement??"")));let u=this.say(l?"this_session":"last_session");return p`<button class="text num" @click=${()=>E(this,i.entity_id)}>
 <span class="secondary">${u}</span> ${h.join(" \xB7 ")}
 </button>`}#$(t,e){return p`<button @click=${()=>R(t)}>${this.say(e)}</button>`}static{this.styles=[A.styles,M`
 section { display: flex; flex-direction: column; gap: 8px; }
 section > button { align-self: flex-start; }
 .state { display: inline-flex; gap: 4px; align-items: center; flex: none; max-width: 60%; }
 .figures { font-size: var(--ha-font-size-xl, 20px); line-height: 1.3; margin: 0; }
 .compact { padding: 8px 16px; }
 .compact section { gap: 4px; }
 .sun { flex: none; }
 .compact .head { flex-wrap: wrap; gap: 0 12px; }
 .compact h2 { flex: 1; }
 .compact .figures { font-size: inherit; }
 .reason { min-height: 24px; line-height: 1.4; align-self: flex-start; }
 .warn, .fault { border-inline-start: 6px solid var(--warning-color); }
 .fault { border-inline-start-color: var(--error-color); }
 .plan { gap: 4px 8px; }
 .plan span { flex: 1; }
 .refused:empty { display: none; }
 [role="radiogroup"] { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 4px; }
 [role="radio"] { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 2px; padding: 4px 2px; line-height: 1.15; font-size: var(--ha-font-size-s, 12px); min-height: 52px; min-width: 0; hyphens: auto; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); font-weight: 500; }
 .slider { display: flex; align-items: center; gap: 6px; }
 .slider input { flex: 1; min-width: 40px; height: 44px; margin: 0; accent-color: var(--primary-color); }
 .slider button { font-size: 20px; line-height: 1; padding: 0; flex: none; }
 .slider output { min-width: 5em; text-align: end; flex: none; }
 .pending { box-shadow: 0 2px 0 var(--primary-color); }
 `]}};var cn={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},zt=s=>(...t)=>({_$litDirective$:s,values:t}),lt=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,n){this._$Ct=t,this._$AM=e,this._$Ci=n}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};var ls={},ge=zt(class extends lt{constructor(){super(...arguments),this.ot=ls}render(s,t){return t()}update(s,[t,e]){if(Array.isArray(t)){if(Array.isArray(this.ot)&&this.ot.length===t.length&&t.every((n,r)=>n===this.ot[r]))return O}else if(this.ot===t)return O;return this.ot=Array.isArray(t)?Array.from(t):t,this.render(t,e)}});var{I:us}=Ie,dn=s=>s;var ln=()=>document.createComment(""),ut=(s,t,e)=>{let n=s._$AA.parentNode,r=t===void 0?s._$AB:t._$AA;if(e===void 0){let i=n.insertBefore(ln(),r),o=n.insertBefore(ln(),r);e=new us(i,o,s,s.options)}else{let i=e._$AB.nextSibling,o=e._$AM,c=o!==s;if(c){let a;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(a=s._$AU)!==o._$AU&&e._$AP(a)}if(i!==r||c){let a=e._$AA;for(;a!==i;){let l=dn(a).nextSibling;dn(n).insertBefore(a,r),a=l}}}return e},G=(s,t,e=s)=>(s._$AI(t,e),s),ps={},un=(s,t=ps)=>s._$AH=t,pn=s=>s._$AH,qt=s=>{s._$AR(),s._$AA.remove()};var hn=(s,t,e)=>{let n=new Map;for(let r=t;r<=e;r++)n.set(s[r],r);return n},ye=zt(class extends lt{constructor(s){if(super(s),s.type!==cn.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,t,e){let n;e===void 0?e=t:t!==void 0&&(n=t);let r=[],i=[],o=0;for(let c of s)r[o]=n?n(c,o):o,i[o]=e(c,o),o++;return{values:i,keys:r}}render(s,t,e){return this.dt(s,t,e).values}update(s,[t,e,n]){let r=pn(s),{values:i,keys:o}=this.dt(t,e,n);if(!Array.isArray(r))return this.ut=o,i;let c=this.ut??=[],a=[],l,h,d=0,u=r.length-1,m=0,g=i.length-1;for(;d<=u&&m<=g;)if(r[d]===null)d++;else if(r[u]===null)u--;else if(c[d]===o[m])a[m]=G(r[d],i[m]),d++,m++;else if(c[u]===o[g])a[g]=G(r[u],i[g]),u--,g--;else if(c[d]===o[g])a[g]=G(r[d],i[g]),ut(s,a[g+1],r[d]),d++,g--;else if(c[u]===o[m])a[m]=G(r[u],i[m]),ut(s,r[d],r[u]),u--,m++;else if(l===void 0&&(l=hn(o,m,g),h=hn(c,d,u)),l.has(c[d]))if(l.has(c[u])){let b=h.get(o[m]),_=b!==void 0?r[b]:null;if(_===null){let T=ut(s,r[d]);G(T,i[m]),a[m]=T}else a[m]=G(_,i[m]),ut(s,r[d],_),r[b]=null;m++}else qt(r[u]),u--;else qt(r[d]),d++;for(;m<=g;){let b=ut(s,a[g+1]);G(b,i[m]),a[m++]=b}for(;d<=u;){let b=r[d++];b!==null&&qt(b)}return this.ut=o,un(s,a),O}});var hs=24,ms=5,fs=["position","power","name"],gs=["power","current","energy_today"],rt=(s,t)=>j(y(s,t,"power")),ys=(s,t)=>{let e=Ut(s,t,"current_phase").map(w).filter(n=>n!==void 0);return e.length>0?Math.max(...e.map(Math.abs)):void 0},mn=(s,t)=>t.flatMap(({shown:e})=>e.map(n=>s.states[n])),fn=(s,t)=>t.reduce((e,n)=>e+(rt(s,n)??0),0),Wt=class extends A{#t="";#e;#s=new Map;#r;#n(t){let{entities:e,devices:n}=t,r=this.config.device,i=this.#r;if(i?.entities===e&&i.devices===n&&i.gateway===r)return i.found;let o=$t(t,r);return this.#r={entities:e,devices:n,gateway:r,found:o},o}watched(t){return this.#n(t).flatMap(e=>e.circuits.flatMap(n=>n.shown))}show(t,e){let n=this.#n(t),r=n.flatMap(d=>d.circuits);if(r.length===0)return p`<ha-card>
 <p>${this.say("no_circuits")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${H}`)}>
 ${this.say("show_devices")}
 </button>
 </ha-card>`;let i=this.#t.toLocaleLowerCase(t.language),o=(d,u)=>i===""||`${d.name} ${u.name}`.toLocaleLowerCase(t.language).includes(i),c=Math.max(...r.map(d=>Math.abs(rt(t,d)??0)),1),a=`--most: ${Number(c.toPrecision(2))}`,l=this.#e??String(this.config.sort??"position"),h=r.length>hs;return p`<ha-card>
 <section aria-labelledby="title" style=${a}>
 <h2 id="title">${this.config.name||this.say("circuits")}</h2>
 <div class="row tools">
 <label>${this.say("search")}
 <input type="search" .value=${this.#t} @input=${this.#i} /></label>
 <label>${this.say("sort")}
 <select @change=${this.#o}>
 ${fs.map(d=>p`<option value=${d} ?selected=${d===l}>${this.say(`sort_${d}`)}</option>`)}
 </select></label>
 <span class="num">${this.say("in_total",{power:D(t,fn(t,r))})}</span>
 </div>
 ${h&&!i?this.#c(t,n):f}
 ${ye(n,d=>d.device,d=>{let u=i===""&&(this.#s.get(d.device)??h),m=[d,u,i,l,this.config,t.locale];return ge([...m,this.texts,...mn(t,d.circuits)],()=>{let g=d.circuits.filter(_=>o(_,d));if(g.length===0)return f;let b=this.#a(t,g,l);return this.#d(t,d,b,u)})})}
 </section>
 </ha-card>`}#i=t=>{this.#t=t.target.value.trim(),this.requestUpdate()};#o=t=>{this.#e=t.target.value,this.requestUpdate()};#a(t,e,n){return n==="power"?[...e].sort((r,i)=>(rt(t,i)??0)-(rt(t,r)??0)):n==="name"?[...e].sort((r,i)=>r.name.localeCompare(i.name,t.language)):e}#c(t,e){let n=new Map(e.map(o=>[o.device,o.name])),r=e.flatMap(o=>o.circuits),i=this.#a(t,r,"power").slice(0,ms).map(o=>({...o,name:`${o.name}, ${n.get(o.module)}`}));return p`<h3>${this.say("largest")}</h3>
 ${this.#l(t,i,this.say("largest"))}`}#d(t,e,n,r){return p`<div class="module">
 <h3>
 <button class="fold" aria-expanded=${!r} @click=${()=>{this.#s.set(e.device,!r),this.requestUpdate()}}>
 <ha-icon aria-hidden="true" icon=${r?"mdi:chevron-right":"mdi:chevron-down"}></ha-icon>
 <span>${this.say("module",{name:e.name,count:e.circuits.length})}</span>
 <span class="num">${D(t,fn(t,e.circuits))}</span>
 </button>
 </h3>
 ${r?f:this.#l(t,n,e.name)}
 </div>`}#l(t,e,n){let i=(this.config.columns??gs).includes("current")&&e.some(o=>"current_phase"in o.entities);return p`<table>
 <caption class="hidden">${n}</caption>
 <thead class="hidden"><tr>
 <th scope="col">${this.say("circuit")}</th>
 <th scope="col">${this.say("share")}</th>
 <th scope="col">${this.say("power")}</th>
 ${i?p`<th scope="col">${this.say("current")}</th>`:f}
 </tr></thead>
 <tbody>
 ${ye(e,o=>o.device,o=>ge([o.entities,o.name,...mn(t,[o]),i,t.locale,this.texts],()=>this.#u(t,o,i)))}
 </tbody>
 </table>`}#u(t,e,n){let r=y(t,e,"power"),i=rt(t,e),o=n?ys(t,e):void 0,c=this.say(Pt(r)?"no_contact":"not_yet"),a=i===void 0?`\u2013 ${c}`:`${i<0?`${this.say("feeds_in")} `:""}${D(t,Math.abs(i))}`;return p`<tr>
 <th scope="row">
 <button class="text" @click=${()=>r&&E(this,r.entity_id)}>${e.name}</button>
 </th>
 <td class="share">
 <span class="bar" aria-hidden="true"><span style="--own: ${Math.abs(i??0)}"></span></span>
 </td>
 <td class="end ${x(r)?"":"secondary"}">${a}</td>
 ${n?p`<td class="end">${o===void 0?"\u2013":k(t,o)}</td>`:f}
 </tr>`}static{this.styles=[A.styles,M`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 12px; }
 .tools { gap: 16px; align-items: flex-end; }
 .tools label { display: flex; flex-direction: column; gap: 4px; color: var(--secondary-text-color); }
 .tools input, .tools select { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: var(--card-background-color); color: var(--primary-text-color); padding: 0 8px; max-width: 100%; }
 .module { content-visibility: auto; contain-intrinsic-size: auto 200px; }
 .fold { display: flex; width: 100%; border: 0; gap: 8px; align-items: center; padding: 4px 0; text-align: start; font-weight: 500; }
 .fold span:nth-of-type(1) { flex: 1; overflow-wrap: anywhere; }
 th[scope="row"] { width: 40%; color: var(--primary-text-color); overflow-wrap: anywhere; }
 .share { width: 30%; }
 .share .bar { margin-top: 7px; min-width: 40px; }
 .share .bar > span { background: var(--primary-color); height: 100%; width: calc(100% * var(--own) / var(--most)); }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 tbody tr { display: grid; grid-template-columns: 1fr auto auto; padding: 6px 0; }
 tbody td, tbody th[scope="row"] { padding: 2px 0 2px 8px; width: auto; }
 tbody th[scope="row"] { padding-inline-start: 0; }
 tbody .share { grid-row: 2; grid-column: 1 / -1; padding: 2px 0; width: auto; }
 .share .bar { margin: 0; height: 6px; }
 }
 section { container-type: inline-size; }
 `]}};var be=`/config/integrations/integration/${H}`,bs=1e4,_s=5,Bt=["no_contact","wrong_device","refused","waiting_for_acceptance","off","late","slow","working"],Kt=class extends A{#t;#e;watched(t){return C(t).flatMap(e=>Object.values(e.entities).flat())}updated(){super.updated(),!(this.#e!==void 0||document.hidden||!this.isConnected)&&this.hass!==void 0&&(this.#e=setTimeout(()=>{this.#e=void 0,!document.hidden&&this.isConnected&&this.#s()},this.#t===void 0?0:bs))}disconnectedCallback(){super.disconnectedCallback(),clearTimeout(this.#e),this.#e=void 0}async#s(){try{this.#t=await this.hass?.callWS({type:`${H}/health`})}catch{this.#t={connections:[],sites:{}}}this.requestUpdate()}show(t,e){let n=this.#t?.connections.toSorted((i,o)=>Bt.indexOf(i.status)-Bt.indexOf(o.status)||i.name.localeCompare(o.name,t.language)),r=C(t).filter(i=>!this.config.site||i.device===this.config.site);return p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("health")}</h2>
 ${r.map(i=>this.#r(t,e,i))}
 ${n===void 0?p`<div class="blank" aria-busy="true"></div>`:n.length>0?this.#i(t,e,n):p`<p>${this.say("no_devices")}</p>`}
 <div class="row">
 <button @click=${()=>R(be)}>${this.say("diagnostics")}</button>
 </div>
 </section>
 </ha-card>`}#r(t,e,n){let r=t.devices[n.device]?.primary_config_entry??"",i=this.#t?.sites[r],o=y(t,n,"grid_data_state"),c=y(t,n,"headroom_l1")?.attributes.rating,a=y(t,n,"overload_count"),l=w(a),h=Number(a?.attributes.worst??0),u=y(t,n,"observe")?.state==="on"?this.say("observing"):this.say("guarding",{current:k(t,Number(c??0))});return p`<div>
 <h3>${n.name}</h3>
 <p class="num">${u} ${x(o)?this.say("meter_data",{state:t.formatEntityState(o)}):this.say("no_meter_data")}${typeof i=="number"?` \xB7 ${this.#n(e,i)}`:""}.
 ${l===void 0?f:l===0?this.say("no_overload"):this.say("overloads",{count:S(t,l),current:k(t,h)})}</p>
 </div>`}#n(t,e){return e<_s?this.say("live"):st(t,e)}#i(t,e,n){return p`<table>
 <thead><tr>
 ${["connection","status","data_age","answer_time","errors"].map((i,o)=>p`<th scope="col" class=${o>1?"end":""}>${this.say(i)}</th>`)}
 </tr></thead>
 <tbody>${n.map(i=>this.#o(t,e,i))}</tbody>
 </table>`}#o(t,e,n){let{status:r,age:i,answer:o,failures:c,waiting:a,since:l}=n,h=r==="working",d=n.device_id?t.devices[n.device_id]:void 0,u=[et(d)||n.name,n.path].filter(Boolean).join(" \xB7 "),m=d?`/config/devices/device/${d.id}`:be,g=[l?this.say("since",{time:z(t,e,new Date(l),new Date)}):"",n.left_alone?this.say("left_alone",{time:st(e,n.left_alone)}):"",a?this.say("queue",{count:a}):""].filter(Boolean),b={data_age:typeof i=="number"&&r!=="no_contact"?this.#n(e,i):"\u2013",answer_time:typeof o=="number"?this.#a(t,o):"\u2013",errors:c===void 0?"\u2013":S(t,c)};return p`<tr>
 <th scope="row"><button class="text" @click=${()=>R(m)}>${u}</button></th>
 <td><span class="status ${h?"":"bad"}">
 <ha-icon aria-hidden="true" icon=${h?"mdi:check-circle-outline":"mdi:alert-circle-outline"}></ha-icon>
 ${this.say(r)}</span>
 ${g.length>0?p`<div class="secondary">${g.join(" \xB7 ")}</div>`:f}
 ${Bt.indexOf(r)<Bt.indexOf("late")?p`<button class="link" @click=${()=>R(`${be}#config_entry=${n.entry_id}`)}>${this.say("what_to_do")}</button>`:f}</td>
 ${Object.entries(b).map(([_,T])=>p`<td class="end" data-name=${this.say(_)}>${T}</td>`)}
 </tr>`}#a(t,e){return e<1?`${S(t,1e3*e)}\xA0ms`:`${S(t,e,1)}\xA0s`}static{this.styles=[A.styles,M`
 section { display: flex; flex-direction: column; gap: 16px; }
 tbody th { color: var(--primary-text-color); overflow-wrap: anywhere; }
 section { container-type: inline-size; }
 .status { display: inline-flex; gap: 4px; align-items: center; }
 .bad { font-weight: 700; }
 button.link { padding-inline-start: 0; }
 td:last-child { padding-inline-end: 0; }
 @container (max-width: 480px) {
 thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody th, tbody td, tbody .end { padding: 2px 0; text-align: start; }
 tbody th, tbody td:nth-of-type(1) { grid-column: 1 / -1; }
 td[data-name]::before { content: attr(data-name); display: block; color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px); }
 }
 `]}};var gn=["start","end","duration","charger","tag","energy","cost","currency","price","sun_share","meter_start","meter_end","reason","id"],$s=["energy","meter_start","meter_end"],vs=/^[=+\-@\t\r]/,yn=(s,t)=>{let e=t?";":",",n=(i,o)=>{if(o==null)return"";if(typeof o=="number"&&i!=="id"){let l=$s.includes(i)?o.toFixed(3):String(o);return t?l.replace(".",","):l}let c=String(o),a=vs.test(c)?`'${c}`:c;return/[",;\n\r]/.test(a)?`"${a.replaceAll('"','""')}"`:a},r=s.map(i=>gn.map(o=>n(o,i[o])).join(e));return`\uFEFF${[gn.join(e),...r].join(`\r
`)}\r
`};var Gt=["month","year","range"],xs=5e3,ws=(s,t,e)=>{let n=e.getFullYear();if(s==="year")return[new Date(n-t,0,1),new Date(n-t+1,0,1)];let r=e.getMonth()-t;return[new Date(n,r,1),new Date(n,r+1,1)]},it=s=>`${s.getFullYear()}-${String(s.getMonth()+1).padStart(2,"0")}-${String(s.getDate()).padStart(2,"0")}`,Jt=class extends A{#t="month";#e=0;#s;#r;#n="";#i="";setConfig(t){super.setConfig(t),this.#t=String(t.period??"month")}watched(t){return B(t).flatMap(e=>e.entities.transaction??[])}#o(){return this.#t==="range"&&this.#s?this.#s:ws(this.#t,this.#e,new Date)}async#a(t,e,n){try{let r=this.config.device,{response:i}=await t.callWS({type:"call_service",domain:H,service:"get_sessions",service_data:{from:`${it(e)} 00:00:00`,to:`${it(n)} 00:00:00`,limit:xs,...r?{device_id:[r]}:{}},return_response:!0});this.#r=i.sessions,this.#n=""}catch(r){this.#r=[],this.#n=r.message??""}this.requestUpdate()}show(t,e){let[n,r]=this.#o(),i=B(t).map(c=>y(t,c,"transaction")?.state),o=`${it(n)} ${it(r)} ${i.join()}`;return o!==this.#i&&(this.#i=o,this.#a(t,n,r)),p`<ha-card>
 <section aria-labelledby="title">
 <h2 id="title">${this.config.name||this.say("sessions")}</h2>
 ${this.#c(t,n,r)}
 ${this.#l(t,n)}
 </section>
 </ha-card>`}#c(t,e,n){let r=a=>{this.#t=a,this.#e=0,this.#s=a==="range"?[e,n]:void 0,this.requestUpdate()},i=a=>{this.#e+=a,this.requestUpdate()},o=a=>{let l={ArrowRight:1,ArrowLeft:2}[a.key],h=l&&Gt[(Gt.indexOf(this.#t)+l)%Gt.length];h&&(r(h),a.currentTarget.querySelector(`[data-period=${h}]`)?.focus())},c=this.#t==="year"?String(e.getFullYear()):Lt(t,e);return p`<div class="row">
 <div role="radiogroup" class="row" aria-label=${this.say("period")} @keydown=${o}>
 ${Gt.map(a=>p`<button
 role="radio"
 data-period=${a}
 aria-checked=${a===this.#t}
 tabindex=${a===this.#t?0:-1}
 @click=${()=>r(a)}
 >${this.say(`period_${a}`)}</button>`)}
 </div>
 ${this.#t==="range"?this.#d(e,n):p`<div class="row">
 <button aria-label=${this.say("earlier")} @click=${()=>i(1)}>‹</button>
 <span>${c}</span>
 <button aria-label=${this.say("later")} ?disabled=${this.#e===0} @click=${()=>i(-1)}>›</button>
 </div>`}
 </div>`}#d(t,e){let n=new Date(e.getTime()-432e5);return p`<div class="row" @change=${i=>{let o=i.currentTarget.querySelectorAll("input"),[c,a]=[...o].map(l=>{let[h=0,d=1,u=1]=l.value.split("-").map(Number);return l.value?new Date(h,d-1,u):void 0});!c||!a||a<c||(this.#s=[c,new Date(a.getFullYear(),a.getMonth(),a.getDate()+1)],this.requestUpdate())}}>
 <label>${this.say("first_day")} <input type="date" .value=${it(t)} /></label>
 <label>${this.say("last_day")} <input type="date" .value=${it(n)} /></label>
 </div>`}#l(t,e){let n=this.#r;if(n===void 0)return p`<div class="blank" aria-busy="true"></div>`;if(this.#n)return p`<p role="alert">${this.#n}</p>`;if(n.length===0)return p`<p>${this.say(this.#t==="month"?"no_sessions_in":"no_sessions",{month:Lt(t,e)})}</p>`;let r=n.filter(u=>!u.doubtful),i=u=>r.reduce((m,g)=>m+(g[u]??0),0),o=r.some(u=>u.cost!==null),c=r.filter(u=>typeof u.sun_share=="number"),a=c.some(u=>u.sun_share),l=c.reduce((u,m)=>u+(m.energy??0),0),h=c.reduce((u,m)=>u+(m.energy??0)*(m.sun_share??0),0),d=r.find(u=>u.currency)?.currency;return p`<table>
 <caption class="hidden">${this.say("sessions")}</caption>
 <thead><tr>
 ${["start","duration","charger","card"].map(u=>p`<th scope="col" class=${u}>${this.say(`column_${u}`)}</th>`)}
 <th scope="col" class="end">${this.say("column_energy")}</th>
 ${a?p`<th scope="col" class="end">${this.say("sun")}</th>`:f}
 ${o?p`<th scope="col" class="end">${this.say("column_cost")}</th>`:f}
 </tr></thead>
 <tbody>${n.map(u=>this.#u(t,u,o,a))}</tbody>
 <tfoot><tr>
 <th scope="row" colspan="4">${this.say("sum",{count:r.length})}</th>
 <td class="end">${N(t,i("energy"),2)}</td>
 ${a?p`<td class="end">${l>0?P(t,h/l):"\u2013"}</td>`:f}
 ${o?p`<td class="end">${K(t,i("cost"),d)}</td>`:f}
 </tr></tfoot>
 </table>
 ${r.length<n.length?p`<p class="secondary">${this.say("doubtful")}</p>`:f}
 <div class="row"><button @click=${()=>this.#p(t,n)}>
 <ha-icon aria-hidden="true" icon="mdi:download"></ha-icon> ${this.say("csv")}
 </button></div>`}#u(t,e,n,r){let i=e.start?new Date(e.start):void 0,o=e.duration,c=o===null?"\u2013":`${Math.floor(o/60)}:${String(Math.round(o)%60).padStart(2,"0")}`;return p`<tr class=${e.running?"running":""}>
 <td class="start">${i?`${wt(t,i)}, ${dt(t,i)}`:"\u2013"}
 ${e.running?p`<br />${this.say("running")}`:f}
 ${e.doubtful?p`<br />${this.say("check")}`:f}</td>
 <td class="duration">${c}</td>
 <td class="charger">${e.charger}</td>
 <td class="card">${e.tag||"\u2013"}</td>
 <td class="end">${e.energy===null?"\u2013":N(t,e.energy,2)}</td>
 ${r?p`<td class="end sun">${typeof e.sun_share=="number"?this.say("sun_share",{share:P(t,e.sun_share)}):"\u2013"}</td>`:f}
 ${n?p`<td class="end">${e.cost===null?"\u2013":K(t,e.cost,e.currency)}</td>`:f}
 </tr>`}#p(t,e){let[n]=this.#o(),r=document.createElement("a"),i=S(t,.5,1).includes(",");r.href=URL.createObjectURL(new Blob([yn(e,i)],{type:"text/csv;charset=utf-8"})),r.download=`sessions_${it(n)}.csv`,r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),1e3)}static{this.styles=[A.styles,M`
 section { max-width: 1100px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; container-type: inline-size; }
 [role="radio"][aria-checked="true"] { border: 2px solid var(--primary-text-color); background: color-mix(in srgb, var(--primary-color) 20%, transparent); }
 thead th { border-bottom: 1px solid var(--divider-color); }
 tfoot th, tfoot td { border-top: 1px solid var(--secondary-text-color); font-weight: 500; color: var(--primary-text-color); }
 .running { font-weight: 700; }
 label input { min-height: 44px; border: 1px solid var(--secondary-text-color); border-radius: 8px; background: none; padding: 0 8px; color-scheme: light dark; }
 @container (max-width: 560px) {
 thead { position: absolute; display: block; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
 tbody tr { display: grid; grid-template-columns: 1fr auto; padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
 tbody td { padding: 2px 0; }
 .card { display: none; }
 .charger { grid-row: 2; grid-column: 1; }
 .start { grid-row: 1; grid-column: 1; }
 .duration { grid-row: 1; grid-column: 2; text-align: end; }
 tfoot tr { display: flex; gap: 8px; border-top: 1px solid var(--secondary-text-color); }
 tfoot th { flex: 1; }
 tfoot th, tfoot td { border: 0; padding-inline-end: 0; }
 }
 `]}};var Ss=30,_n=.05,Vt=async s=>{try{return(await s.callWS({type:"energy/get_prefs"})).energy_sources.flatMap(e=>e.type==="solar"&&e.stat_rate?[e.stat_rate]:[])}catch{return[]}},As=s=>{let t=s.filter(e=>e!==void 0);return t.length>0?t.reduce((e,n)=>e+n,0):void 0},bn=(s,t)=>{let e=s.reduce((r,i)=>r+i.power,0),n=t-e;return n>_n*t?[...s,{key:"rest",power:n}]:s},$n=(s,t,e)=>{let n=vt(s,t),r=U=>n?void 0:j(y(s,t,U)),i=r("grid_power"),o=j(y(s,t,"battery_power")),c=r("charging_power"),a=As(e.map(U=>j(s.states[U]))),l=a===void 0?void 0:Math.max(a,0),h=i===void 0||e.length>0&&l===void 0?void 0:i+(l??0)+(o??0)-(c??0),d=Math.max(i??0,0)+(l??0)+Math.max(o??0,0),u=h===void 0||h<-_n*d?void 0:Math.max(h,0),m=(U,V=0)=>V>Ss||V>0&&U!=="grid"?[{key:U,power:V}]:[],g=(U,V)=>i===void 0?[[],[]]:[U,V],[b,_]=g([...m("sun",l),...m("battery",o),...m("grid",i)],[...m("house",u),...m("cars",c),...m("battery",-(o??0)),...m("grid",-(i??0))]),T=U=>U.reduce((V,Hn)=>V+Hn.power,0),pt=Math.max(T(b),T(_));return{from:bn(b,pt),to:bn(_,pt),total:pt,grid:i,sun:l,battery:o,house:u,cars:c}};var $e=["flow","phases","surplus","today"],vn=3,ks=30,Ts=["l1","l2","l3"],Hs=["aging","stale","lost"],_e=(s,t)=>{let e=C(s);return t===void 0?e[0]:e.find(n=>n.device===t)},Yt=class extends A{#t=[];#e=!1;watched(t){let e=_e(t,this.config.site);return[...Object.values(e?.entities??{}).flat(),...this.#t]}async#s(t){this.#e=!0,this.#t=await Vt(t),this.requestUpdate()}show(t,e){this.#e||this.#s(t);let n=_e(t,this.config.site);if(n===void 0)return p`<ha-card>
 <p>${this.say("no_site")}</p>
 <button @click=${()=>R(`/config/integrations/integration/${H}`)}>
 ${this.say("add_site")}
 </button>
 </ha-card>`;let r=i=>(this.config.show??$e).includes(i);return p`<ha-card>
 <section aria-labelledby="title">
 <div class="head">
 <h2 id="title">
 <button class="text" @click=${()=>R(`/config/devices/device/${n.device}`)}>
 ${this.config.name||n.name}
 </button>
 </h2>
 ${this.#r(t,e,n)}
 </div>
 ${r("flow")?this.#n(t,e,n):f}
 ${r("surplus")?this.#o(t,n):f}
 ${r("phases")?this.#c(t,e,n):f}
 ${r("today")?this.#a(t,n):f}
 </section>
 </ha-card>`}counting(){let t=this.hass&&_e(this.hass,this.config.site);return(t&&y(this.hass,t,"grid_data_state"))?.attributes.since!==void 0}#r(t,e,n){let r=y(t,n,"grid_data_state");if(r===void 0||!Hs.includes(r.state))return f;let i=Ft(e,r,new Date),o=i===void 0?"":` \xB7 ${i}`;return p`<button class="text secondary" @click=${()=>E(this,r.entity_id)}>
 <ha-icon aria-hidden="true" icon="mdi:database-clock"></ha-icon>
 ${this.say("meter_data",{state:t.formatEntityState(r)})}${o}
 </button>`}#n(t,e,n){let r=$n(t,n,this.#t),i=(o,c)=>p`<div class="flow">
 <span class="secondary">${this.say(o)}</span>
 <div class="bar" aria-hidden="true">
 ${c.map(a=>p`<span
 class="${a.key} ${o}"
 style="width: ${100*a.power/(r.total||1)}%"
 ></span>`)}
 </div>
 </div>`;return p`${i("from",r.from)}${i("to",r.to)}
 <dl>${this.#i(t,e,n,r)}</dl>
 ${[...r.from,...r.to].some(o=>o.key==="rest")?p`<p class="secondary">${this.say("not_measured")}</p>`:f}`}#i(t,e,n,r){let i=y(t,n,"grid_data_state"),o=i&&Ft(e,i,new Date),c=o!==void 0&&r.grid!==void 0,a=g=>g===void 0?"\u2013":D(t,Math.abs(g)),l=(g,b,_)=>g===void 0?"\u2013":Math.abs(g)<=ks?this.say("balanced"):`${this.say(g>0?b:_)} ${a(g)}`,h=(g,b,_,T,pt=!1)=>p`<div>
 <dt><span class="swatch ${g}" aria-hidden="true"></span>
 <ha-icon aria-hidden="true" icon=${b}></ha-icon>${this.say(g)}</dt>
 <dd class=${pt?"secondary":""}>${T===void 0?_:p`<button class="text" @click=${()=>E(this,T)}>${_}</button>`}</dd>
 </div>`,d=g=>n.entities[g]?.[0],u="battery_power"in n.entities,m=(r.battery??0)!==0;return[this.#t.length>0?h("sun","mdi:white-balance-sunny",a(r.sun),this.#t[0]):f,u?h("battery","mdi:home-battery-outline",m?l(r.battery,"discharges","charges"):a(r.battery),d("battery_power")):f,h("grid","mdi:transmission-tower",l(r.grid,"imports","exports")+(c?` \xB7 ${o}`:""),d("grid_power"),c),h("house","mdi:home-outline",a(r.house)),h("cars","mdi:car-electric",a(r.cars),d("charging_power"))]}#o(t,e){let n=y(t,e,"surplus"),r=w(n);return n===void 0||r===void 0||r<=0?f:p`<button class="text num" @click=${()=>E(this,n.entity_id)}>
 ${this.say("surplus",{power:D(t,r)})}
 </button>`}#a(t,e){let n=y(t,e,"energy_today"),r=w(n);if(n===void 0||r===void 0)return f;let i=w(y(t,e,"solar_share_today")),o=y(t,e,"cost_today"),c=w(o),a=[this.say("today",{energy:N(t,r)})];return i!==void 0&&a.push(this.say("sun_share",{share:P(t,i)})),c!==void 0&&a.push(K(t,c,String(o?.attributes.unit_of_measurement??""))),p`<button class="text num" @click=${()=>E(this,n.entity_id)}>
 ${a.join(" \xB7 ")}
 </button>`}#c(t,e,n){let r=vt(t,n),i=Ts.map(c=>y(t,n,`headroom_${c}`)),o=i.map(c=>c?.attributes.rating).find(Number.isFinite);return p`<div class="phases">
 <span class="secondary">
 ${this.say("fuse",{current:o===void 0?"":k(t,Number(o))})}
 </span>
 ${i.map((c,a)=>{if(c===void 0)return f;let l=`L${a+1}`,d=x(c)&&!r?Math.floor(Number(c.state)):void 0,u=Number(c.attributes.rating??0),m=d===void 0||u===0?0:Math.min(Math.max(1-d/u,0),1);return p`<button
 class="text phase ${d!==void 0&&d<vn?"tight":""}"
 @click=${()=>E(this,c.entity_id)}
 >
 <span>${l}</span>
 <span class="bar" aria-hidden="true"><span style="width: ${100*m}%"></span></span>
 <span class="num">${this.#d(t,d)}</span>
 </button>`})}
 </div>`}#d(t,e){if(e===void 0)return"\u2013";let n=k(t,Math.abs(e),0);return e<0?p`<ha-icon aria-hidden="true" icon="mdi:fuse-alert"></ha-icon> ${this.say("over",{current:n})}`:this.say(e<vn?"left_tight":"left",{current:n})}static{this.styles=[A.styles,M`
 section { display: flex; flex-direction: column; gap: 12px; }
 section > button { align-self: flex-start; }
 .flow { display: grid; grid-template-columns: 3.2em 1fr; align-items: center; gap: 8px; }
 .flow .bar { height: 18px; border-radius: 9px; }
 .bar > span + span { border-inline-start: 2px solid var(--card-background-color); }
 .sun { background: var(--energy-solar-color); }
 .battery { background: var(--energy-battery-out-color); }
 .to.battery { background: var(--energy-battery-in-color); }
 .grid { background: var(--energy-grid-consumption-color); }
 .bar .to.grid { background: repeating-linear-gradient(45deg, var(--energy-grid-return-color) 0 6px, var(--card-background-color) 6px 8px); }
 .house { background: color-mix(in srgb, var(--primary-color) 60%, transparent); }
 .cars { background: var(--primary-color); }
 .rest { background: repeating-linear-gradient(135deg, var(--secondary-text-color) 0 2px, transparent 2px 7px); }
 dl { margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(150px, 100%), 1fr)); gap: 10px 16px; }
 dt { display: flex; align-items: center; gap: 6px; }
 dt ha-icon { --mdc-icon-size: 18px; }
 dd { margin: 0; font-size: var(--ha-font-size-l, 16px); }
 .swatch { width: 10px; height: 10px; border-radius: 50%; border: 1px solid var(--secondary-text-color); flex: none; }
 .phases { display: flex; flex-direction: column; gap: 6px; }
 .phase { display: grid; grid-template-columns: 2em 1fr minmax(6em, auto); gap: 8px; align-items: center; min-height: 28px; }
 .phase .bar > span { background: var(--primary-color); height: 100%; }
 .phase .num { text-align: end; }
 .tight { font-weight: 700; }
 .tight .bar > span { background: var(--warning-color); }
 `]}};var ot="custom:meters-chargers",kn=3,Es=6,J={columns:12},xn=["overview","chargers","circuits","sessions","health"],Cs=async(s,t)=>{let e=C(t),n=e.find(u=>u.device===s.site)??e[0],[r,i,o]=await Promise.all([ce(t.language),Vt(t),We(t)]),c=new Set(s.hide_devices),a=B(t).filter(u=>!c.has(u.device)&&(n===void 0||o.get(u.device)===n.device)),l={hass:t,texts:r,config:s,site:n,chargers:a,suns:i},h={overview:()=>[Ms(l)],chargers:()=>a.map((u,m)=>Ns(l,u,m)),circuits:()=>$t(t).length>0?[wn(l,"circuits","mdi:file-tree",{type:`${ot}-circuits-card`})]:[],sessions:()=>a.some(u=>"transaction"in u.entities)?[wn(l,"sessions","mdi:receipt-text-clock-outline",{type:`${ot}-sessions-card`})]:[],health:()=>[Ps(l)]},d=s.show??xn;return{views:xn.filter(u=>d.includes(u)).flatMap(u=>h[u]?.()??[])}},at=(...s)=>({type:"grid",cards:s}),At=(s,t)=>({type:"heading",heading:s,icon:t}),ve=(s,t,e,n,r={})=>({type:"sections",title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,max_columns:3,sections:n,...r}),wn=(s,t,e,n)=>({title:v(s.texts,t),path:t,icon:e,show_icon_and_title:!0,type:"panel",cards:[n]}),Tn=s=>`charger-${s+1}`,Ms=s=>{let{site:t,chargers:e}=s,n=e.length>kn,r=e.map((l,h)=>({type:`${ot}-charger-card`,device:l.device,view:Tn(h),...n?{compact:n}:{}})),i=e.length===0?[{type:`${ot}-charger-card`}]:[],o=[...r,...i].map(l=>({...l,grid_options:J})),c={type:`${ot}-site-card`,...t?{site:t.device}:{},grid_options:J},a=Ds(s);return ve(s,"overview","mdi:home-lightning-bolt",[at(...o),at(c,...Os(s)),...a.length>0?[at(...a)]:[]],{badges:Rs(s)})},Rs=({site:s,texts:t})=>{let e=s?.entities.grid_data_state?.[0];return e===void 0?[]:[{type:"entity",entity:e,name:v(t,"meter"),show_name:!0,tap_action:{action:"navigate",navigation_path:"health"}}]},Os=({hass:s,config:t,texts:e})=>{let n=$t(s).flatMap(r=>r.circuits.map(i=>({circuit:i,module:r}))).map(({circuit:r,module:i})=>({entity:y(s,r,"power")?.entity_id??"",name:`${r.name}, ${i.name}`,power:rt(s,r)??0})).filter(({power:r})=>r>0).sort((r,i)=>i.power-r.power).slice(0,t.circuits_limit??Es);return n.length<2?[]:[At(v(e,"top_circuits"),"mdi:file-tree"),{type:"distribution",entities:n.map(({entity:r,name:i})=>({entity:r,name:i})),grid_options:J}]},Ds=({site:s,suns:t,texts:e})=>{let n=[...t.map(r=>({entity:r,name:v(e,"sun"),color:"amber"})),...Sn(s,"surplus",v(e,"show_surplus"),"blue"),...Sn(s,"charging_power",v(e,"cars"),"green")];return n.length===0?[]:[At(v(e,"last_hours"),"mdi:chart-line"),{type:"history-graph",min_y_axis:0,hours_to_show:6,entities:n,grid_options:{columns:"full",rows:5}}]},Sn=(s,t,e,n)=>(s?.entities[t]??[]).map(r=>({entity:r,name:e,color:n})),An={type:"entity"},Ns=(s,t,e)=>{let{hass:n,texts:r,chargers:i}=s,o=g=>v(r,g),c=(g,b)=>(t.entities[g]??[]).map(_=>({type:"tile",entity:_,name:An,...b?{features:[b],grid_options:J}:{}})),a=(...g)=>g.flatMap(b=>c(b)),l={type:"numeric-input",style:"buttons"},h=["charger_state","power","charging_current"].flatMap(g=>t.entities[g]??[]).map(g=>({entity:g,name:An})),d={type:"logbook",target:{entity_id:t.entities.reason??[]},hours_to_show:24,grid_options:{columns:12,rows:6}},u=at({type:`${ot}-charger-card`,device:t.device,show:["mode","slider","phases","boost","plan","session"],grid_options:J},At(o("settings"),"mdi:tune"),...c("min_current",l),...c("priority",l),...c("target_energy",l),...c("enabled",{type:"toggle"}),...a("starts_today","phase_changes_today","writes_today")),m=at(At(o("right_now"),"mdi:pulse"),...c("power",{type:"trend-graph"}),...a("current_phase","session_energy","session_solar_share","energy_import"),{type:"history-graph",min_y_axis:0,hours_to_show:12,entities:h,grid_options:J},...n.config.components.includes("logbook")?[At(o("why"),"mdi:message-text-outline"),d]:[]);return{...ve(s,t.name,"mdi:ev-station",[u,m]),title:t.name,path:Tn(e),max_columns:2,...i.length>kn?{subview:!0}:{}}},Ps=s=>ve(s,"health","mdi:heart-pulse",[at({type:`${ot}-health-card`,grid_options:J}),at({type:"repairs",grid_options:J})]);var Us={charger:jt,site:Yt,circuits:Wt,sessions:Jt,health:Kt};for(let[s,t]of Object.entries(Us))customElements.define(`meters-chargers-${s}-inside`,t);var io=(s,t)=>s==="charger"?{device:B(t)[0]?.device??"",show:fe}:s==="site"?{site:C(t)[0]?.device??"",show:$e}:{};export{It as BOOST_MIN,en as DAYS,H as DOMAIN,Ft as ageOf,pe as boost,Ve as choose,sn as dayName,st as duration,Xe as figuresOf,Qe as filled,L as format,Cs as generate,p as html,x as isKnown,vt as isSilent,he as minutes,z as moment,R as navigate,f as nothing,w as numberOf,E as openMoreInfo,nn as planOf,v as say,C as sites,y as stateOf,io as stub,j as watts};
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
